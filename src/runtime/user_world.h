// Maps, rings and helpers of the user session: what the kernel provides to BPF programs, in
// process and on one CPU. codegen's user session binds native code to it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "runtime/session.h"
#include "runtime/shared_maps.h"

namespace tracer {

// Exact stand-ins of BPF helpers, by their C ABI: `bpf_map_lookup_elem`, `bpf_ktime_get_boot_ns`...
// Names as in uapi/linux/bpf.h with the prefix `bpf_`; map arguments are UserMap*.
struct HelperAddress {
  const char* name;
  void* address;
};
std::span<const HelperAddress> user_helpers();

class UserMap;

class UserWorld {
 public:
  // `shared`: maps of the script are taken from there, or left there for others; borrowed, may be null.
  explicit UserWorld(const Plan& plan, SharedMaps* shared = nullptr);
  ~UserWorld();
  // The object that programs see as the map of that symbol (script maps, rings, counters,
  // scratch); null when unknown.
  UserMap* map(const std::string& symbol);

  // Halves of Session that need no native code.
  Result<void> deliver(const std::function<bool(Bytes record)>& record);
  Result<void> for_each(uint32_t map,
                        const std::function<void(Bytes key, std::span<const Bytes> values)>& entry);
  Result<void> clear_map(uint32_t map);
  Result<void> zero_map(uint32_t map);
  std::vector<CounterValue> counters();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracer

// The maps of the user session: what BPF programs get from the kernel, in process and on one CPU, with
// the kernel's error numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "plan/plan.h"
#include "runtime/session.h"

namespace tracer {

class UserRing;

// One CPU: per-CPU storages behave like their shared counterparts.
class UserMap {
 public:
  virtual ~UserMap() = default;

  // Value of a key, at an address that stays good until release_deleted(); null: not there.
  virtual void* lookup(const void*) { return nullptr; }
  // `flags`: BPF_ANY, BPF_NOEXIST, BPF_EXIST. 0 or a negative error number.
  virtual long update(const void* key, const void* value, uint64_t flags);
  virtual long remove(const void* key);
  // Entries as they were when the call began; `entry` returns false to stop. Gives the number visited.
  virtual long for_each(const std::function<bool(const void* key, void* value)>& entry);
  virtual void clear() {}
  // Frees values that were removed while a program might still have pointed to them.
  virtual void release_deleted() {}
  virtual UserRing* ring() { return nullptr; }

  uint32_t key_size() const { return key_size_; }
  uint32_t value_size() const { return value_size_; }

 protected:
  UserMap(uint32_t key_size, uint32_t value_size) : key_size_(key_size), value_size_(value_size) {}
  const uint32_t key_size_;
  const uint32_t value_size_;
};

// BPF_MAP_TYPE_ARRAY: keys are uint32 indices.
std::unique_ptr<UserMap> make_user_array(uint32_t value_size, uint32_t entries);
// BPF_MAP_TYPE_HASH, and LRU_HASH: a full LRU map evicts the entry used least recently.
std::unique_ptr<UserMap> make_user_hash(uint32_t key_size, uint32_t value_size, uint32_t entries, bool lru);

}  // namespace tracer

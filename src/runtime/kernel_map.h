// A map in the kernel, read and changed by its descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace tracer {

class KernelMap {
 public:
  // `fd` is borrowed. `cpus`: values that one key has; 1 for maps that are not per CPU.
  KernelMap(std::string name, int fd, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
            uint32_t cpus, bool array);

  // `values`: cpus() values, stride() bytes apart.
  using Visit = std::function<void(const std::byte* key, const std::byte* values)>;
  // Every entry once; entries that programs add or remove meanwhile may be missed or seen.
  Result<void> for_each(const Visit& visit) const;
  // Removes all keys; arrays: sets all values to zero.
  Result<void> clear() const;
  // Sets the first `bytes` of each value to zero.
  Result<void> zero(uint32_t bytes) const;

  uint32_t cpus() const { return cpus_; }
  uint32_t stride() const { return stride_; }
  uint32_t key_size() const { return key_size_; }
  uint32_t value_size() const { return value_size_; }

 private:
  // Told of entries that stand side by side; what it does not return as 0 ends the reading.
  using VisitBatch = std::function<int(std::byte* keys, std::byte* values, uint32_t count)>;
  int visit(const VisitBatch& batch) const;
  int visit_batches(const VisitBatch& batch) const;
  int visit_one_by_one(const VisitBatch& batch) const;
  size_t values_size() const { return size_t{stride_} * cpus_; }
  std::unexpected<Error> failed(const char* what, int code) const;

  std::string name_;
  int fd_;
  uint32_t key_size_, value_size_, max_entries_, cpus_, stride_;
  bool array_;
};

}  // namespace tracer

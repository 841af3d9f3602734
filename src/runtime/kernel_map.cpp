#include "runtime/kernel_map.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tracer {

namespace {

// The kernel's own number for an operation that a map type lacks; user headers do not have it.
constexpr int kNotSupported = 524;

constexpr size_t kBatchBytes = 1 << 20;
constexpr uint32_t kBatchEntries = 4096;

bool lacks_batches(int code) {
  return code == -kNotSupported || code == -EOPNOTSUPP || code == -EINVAL || code == -EPERM;
}

}  // namespace

KernelMap::KernelMap(std::string name, int fd, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
                     uint32_t cpus, bool array)
    : name_(std::move(name)),
      fd_(fd),
      key_size_(key_size),
      value_size_(value_size),
      max_entries_(max_entries),
      cpus_(std::max(cpus, 1u)),
      // The kernel rounds the values of per-CPU maps up, those of others it copies as they are.
      stride_(cpus > 1 ? (value_size + 7) / 8 * 8 : value_size),
      array_(array) {}

std::unexpected<Error> KernelMap::failed(const char* what, int code) const {
  return fail(fmt::format("map {} could not be {}: {}", name_, what, std::strerror(-code)));
}

int KernelMap::visit(const VisitBatch& batch) const {
  const int code = max_entries_ > 1 ? visit_batches(batch) : -kNotSupported;
  return lacks_batches(code) ? visit_one_by_one(batch) : code;
}

// Fails with a code of lacks_batches() before the first visit only. The kernel goes from bucket to bucket:
// that ends, and gives no key twice, whatever programs add and remove meanwhile.
int KernelMap::visit_batches(const VisitBatch& batch) const {
  const size_t entry_size = key_size_ + values_size();
  auto room = static_cast<uint32_t>(std::clamp<size_t>(kBatchBytes / entry_size, 1, kBatchEntries));
  room = std::min(room, max_entries_);
  std::vector<std::byte> keys, values;
  // Where the kernel goes on: a bucket number or a key.
  std::vector<std::byte> from(std::max<size_t>(key_size_, 8)), to(from.size());
  bool first = true;
  for (;;) {
    keys.resize(size_t{room} * key_size_);
    values.resize(room * values_size());
    uint32_t count = room;
    const int code = bpf_map_lookup_batch(fd_, first ? nullptr : from.data(), to.data(), keys.data(),
                                          values.data(), &count, nullptr);
    if (code == -ENOSPC) {  // a bucket of the hash table holds more than there was room for
      room *= 2;
      continue;
    }
    if (code != 0 && code != -ENOENT) return first || !lacks_batches(code) ? code : -EIO;
    if (const int done = count > 0 ? batch(keys.data(), values.data(), count) : 0; done != 0) return done;
    if (code == -ENOENT) return 0;  // that was the last batch
    std::swap(from, to);
    first = false;
  }
}

// For arrays of one entry, and kernels without batches. A key that a program removes meanwhile sends the
// kernel back to the start: hence the limit.
int KernelMap::visit_one_by_one(const VisitBatch& batch) const {
  std::vector<std::byte> values(values_size()), key(key_size_), next(key_size_);
  bool more = bpf_map_get_next_key(fd_, nullptr, key.data()) == 0;
  for (uint32_t seen = 0; more && seen < max_entries_; ++seen) {
    more = bpf_map_get_next_key(fd_, key.data(), next.data()) == 0;  // before `batch` removes this one
    const int code = bpf_map_lookup_elem(fd_, key.data(), values.data());
    if (code != 0 && code != -ENOENT) return code;
    if (const int done = code == 0 ? batch(key.data(), values.data(), 1) : 0; done != 0) return done;
    std::swap(key, next);
  }
  return 0;
}

Result<void> KernelMap::for_each(const Visit& entry) const {
  const int code = visit([&](const std::byte* keys, const std::byte* values, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) entry(keys + size_t{i} * key_size_, values + i * values_size());
    return 0;
  });
  if (code != 0) return failed("read", code);
  return {};
}

Result<void> KernelMap::clear() const {
  if (array_) return zero(value_size_);
  const int code = visit([&](const std::byte* keys, const std::byte*, uint32_t count) {
    uint32_t removed = count;
    if (bpf_map_delete_batch(fd_, keys, &removed, nullptr) == 0) return 0;
    // It stops at a key that a program has removed meanwhile.
    for (uint32_t i = 0; i < count; ++i)
      if (const int code = bpf_map_delete_elem(fd_, keys + size_t{i} * key_size_);
          code != 0 && code != -ENOENT)
        return code;
    return 0;
  });
  if (code != 0) return failed("cleared", code);
  return {};
}

Result<void> KernelMap::zero(uint32_t bytes) const {
  const int code = visit([&](const std::byte* keys, std::byte* values, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      std::byte* const entry = values + i * values_size();
      for (uint32_t cpu = 0; cpu < cpus_; ++cpu)
        std::memset(entry + size_t{cpu} * stride_, 0, std::min(bytes, value_size_));
      const int code = bpf_map_update_elem(fd_, keys + size_t{i} * key_size_, entry, BPF_EXIST);
      if (code != 0 && code != -ENOENT) return code;
    }
    return 0;
  });
  if (code != 0) return failed("zeroed", code);
  return {};
}

}  // namespace tracer

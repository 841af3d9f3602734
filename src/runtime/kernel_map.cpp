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

Result<void> KernelMap::for_each(const Visit& visit) const {
  int code = max_entries_ > 1 ? read_in_batches(visit) : -kNotSupported;
  if (lacks_batches(code)) code = read_one_by_one(visit);
  if (code != 0) return failed("read", code);
  return {};
}

// Fails with a code of lacks_batches() before the first visit only.
int KernelMap::read_in_batches(const Visit& visit) const {
  size_t entry_size = key_size_ + values_size();
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
    int code = bpf_map_lookup_batch(fd_, first ? nullptr : from.data(), to.data(), keys.data(), values.data(),
                                    &count, nullptr);
    if (code == -ENOSPC) {  // a bucket of the hash table holds more than there was room for
      room *= 2;
      continue;
    }
    if (code != 0 && code != -ENOENT) return first || !lacks_batches(code) ? code : -EIO;
    for (uint32_t i = 0; i < count; ++i) {
      visit(keys.data() + size_t{i} * key_size_, values.data() + i * values_size());
    }
    if (code == -ENOENT) return 0;  // that was the last batch
    std::swap(from, to);
    first = false;
  }
}

int KernelMap::read_one_by_one(const Visit& visit) const {
  std::vector<std::byte> values(values_size());
  for (const std::vector<std::byte>& key : keys()) {
    int code = bpf_map_lookup_elem(fd_, key.data(), values.data());
    if (code == -ENOENT) continue;  // removed meanwhile
    if (code != 0) return code;
    visit(key.data(), values.data());
  }
  return 0;
}

std::vector<std::vector<std::byte>> KernelMap::keys() const {
  std::vector<std::vector<std::byte>> found;
  std::vector<std::byte> next(key_size_);
  const void* current = nullptr;
  // A key that a program removes meanwhile sends the kernel back to the start: hence the limit.
  while (found.size() < max_entries_ && bpf_map_get_next_key(fd_, current, next.data()) == 0) {
    found.push_back(next);
    current = found.back().data();
  }
  return found;
}

Result<void> KernelMap::clear() const {
  if (array_) return zero(value_size_);
  for (const std::vector<std::byte>& key : keys()) {
    int code = bpf_map_delete_elem(fd_, key.data());
    if (code != 0 && code != -ENOENT) return failed("cleared", code);
  }
  return {};
}

Result<void> KernelMap::zero(uint32_t bytes) const {
  std::vector<std::byte> values(values_size());
  for (const std::vector<std::byte>& key : keys()) {
    if (bpf_map_lookup_elem(fd_, key.data(), values.data()) != 0) continue;
    for (uint32_t cpu = 0; cpu < cpus_; ++cpu) {
      std::memset(values.data() + size_t{cpu} * stride_, 0, std::min(bytes, value_size_));
    }
    int code = bpf_map_update_elem(fd_, key.data(), values.data(), BPF_EXIST);
    if (code != 0 && code != -ENOENT) return failed("zeroed", code);
  }
  return {};
}

}  // namespace tracer

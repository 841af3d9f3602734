#include "runtime/ring_reader.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace tracer {

namespace {

// Parts of the ring after each of which the kernel is told.
constexpr uint64_t kParts = 16;

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

uint64_t room(uint64_t size) { return (size + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8; }

template <typename Word>
Word load_acquire(const void* from) {
  return __atomic_load_n(static_cast<const Word*>(from), __ATOMIC_ACQUIRE);
}

std::unexpected<Error> failed(const char* what) {
  return fail(fmt::format("the event buffer could not be {}: {}", what, std::strerror(errno)));
}

}  // namespace

RingReader::~RingReader() { unmap(); }

void RingReader::unmap() {
  if (consumer_) munmap(consumer_, page_size());
  if (producer_) munmap(producer_, page_size() + 2 * size_);
  consumer_ = nullptr;
  producer_ = nullptr;
  data_ = nullptr;
}

Result<void> RingReader::open(int fd) {
  bpf_map_info info{};
  uint32_t length = sizeof info;
  if (bpf_map_get_info_by_fd(fd, &info, &length) != 0) return failed("looked at");
  const size_t page = page_size();
  void* own = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (own == MAP_FAILED) return failed("mapped");
  consumer_ = static_cast<uint64_t*>(own);
  size_ = info.max_entries;
  // The data stand there twice, one behind the other: a record that goes on at the ring's start is whole.
  void* theirs = mmap(nullptr, page + 2 * size_, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(page));
  if (theirs == MAP_FAILED) return failed("mapped");
  producer_ = static_cast<std::byte*>(theirs);
  data_ = producer_ + page;
  position_ = released_ = *consumer_;
  return {};
}

uint64_t RingReader::produced() const { return load_acquire<uint64_t>(producer_); }

const std::byte* RingReader::header() const { return data_ + (position_ & (size_ - 1)); }

bool RingReader::ready(uint64_t end) {
  while (position_ < end) {
    const auto length = load_acquire<uint32_t>(header());
    if (length & BPF_RINGBUF_BUSY_BIT) return false;  // and nothing behind it is due before it
    if (!(length & BPF_RINGBUF_DISCARD_BIT)) return true;
    position_ += room(length & ~BPF_RINGBUF_DISCARD_BIT);
  }
  return false;
}

Bytes RingReader::next() {
  if (position_ - released_ >= size_ / kParts) release();
  const std::byte* at = header();
  const auto size = load_acquire<uint32_t>(at);
  position_ += room(size);
  return {at + BPF_RINGBUF_HDR_SZ, size};
}

void RingReader::release() {
  if (position_ == released_) return;
  // Ordered before the next look at the producer: whoever writes after that look sees that all was read,
  // and wakes the reader.
  __atomic_store_n(consumer_, position_, __ATOMIC_SEQ_CST);
  released_ = position_;
}

}  // namespace tracer

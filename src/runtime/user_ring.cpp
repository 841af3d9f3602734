#include "runtime/user_ring.h"

#include <linux/bpf.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace tracer {

namespace {

// Bytes that a record takes in the kernel's ring.
uint64_t room(uint64_t size) { return (size + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8; }

}  // namespace

void* UserRing::reserve(uint64_t size) {
  if (size > capacity_ || producer_ - consumer_ + room(size) > capacity_) return nullptr;
  Record record = std::make_unique<std::byte[]>(sizeof(Header) + size);
  new (record.get()) Header{State::Open, size};
  producer_ += room(size);
  records_.push_back(std::move(record));
  return records_.back().get() + sizeof(Header);
}

void UserRing::finish(void* record, bool keep) {
  auto* before = reinterpret_cast<Header*>(static_cast<std::byte*>(record) - sizeof(Header));
  before->state = keep ? State::Kept : State::Discarded;
}

long UserRing::output(const void* data, uint64_t size) {
  void* record = reserve(size);
  if (!record) return -EAGAIN;
  std::memcpy(record, data, size);
  finish(record, true);
  return 0;
}

uint64_t UserRing::query(uint64_t what) const {
  switch (what) {
    case BPF_RB_AVAIL_DATA:
      return producer_ - consumer_;
    case BPF_RB_RING_SIZE:
      return capacity_;
    case BPF_RB_CONS_POS:
      return consumer_;
    case BPF_RB_PROD_POS:
      return producer_;
    default:
      return 0;
  }
}

void UserRing::take_front() {
  last_ = std::move(records_.front());
  records_.pop_front();
  consumer_ += room(header(last_).size);
}

bool UserRing::ready() {
  while (!records_.empty() && header(records_.front()).state == State::Discarded) take_front();
  return !records_.empty() && header(records_.front()).state == State::Kept;
}

Bytes UserRing::consume() {
  take_front();
  return {last_.get() + sizeof(Header), header(last_).size};
}

}  // namespace tracer

#include "runtime/kernel_rings.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tracer {

namespace {

// What is set aside takes as many times the room of the ring, and no more than that.
constexpr size_t kAsideShare = 16, kMostAside = 64 << 20;
// Bytes a millisecond: less is no flood.
constexpr uint64_t kFlood = 1024;
// Of the ring that a millisecond's flow may fill: the reader rests as long, and may be late.
constexpr uint64_t kRestShare = 8;
constexpr auto kFlowTime = std::chrono::microseconds(250);

}  // namespace

Result<void> KernelRings::open(int data_fd, int control_fd) {
  for (auto [fd, ring] : {std::pair{data_fd, &data_}, {control_fd, &control_}}) {
    if (fd < 0) continue;
    if (auto opened = ring->open(fd); !opened) return opened;
    if (!ready_) ready_.reset(epoll_create1(EPOLL_CLOEXEC));
    epoll_event readable{.events = EPOLLIN, .data = {}};
    if (!ready_ || epoll_ctl(ready_.get(), EPOLL_CTL_ADD, fd, &readable) != 0)
      return fail(fmt::format("the event buffer cannot be waited for: {}", std::strerror(errno)));
  }
  return {};
}

KernelRings::AsideHeader KernelRings::first_aside() const {
  AsideHeader header;
  std::memcpy(&header, aside_.bytes.data() + aside_.begin, sizeof header);
  return header;
}

uint64_t KernelRings::data_position() const {
  if (has_aside()) return first_aside().position;
  return data_.is_open() ? data_.position() : UINT64_MAX;
}

// What a control record leads to may set data records aside, even in the middle of this.
template <typename Deliver>
bool KernelRings::deliver_data(uint64_t end, const Deliver& deliver) {
  for (;;) {
    if (!has_aside() && !data_.ready(end)) return true;
    if (data_position() >= end) return true;
    if (!pending_.deliver_until(data_position(), deliver)) return false;
    delivering_ = true;
    const bool go_on = deliver(has_aside() ? next_aside() : data_.next());
    delivering_ = false;
    if (!go_on) return false;
  }
}

Bytes KernelRings::next_aside() {
  const size_t at = aside_.begin + sizeof(AsideHeader), size = first_aside().size;
  aside_.begin = at + size;
  return Bytes(aside_.bytes).subspan(at, size);
}

void KernelRings::drain_control() {
  if (!control_.is_open()) return;
  while (control_.ready(control_.produced())) pending_.add(control_.next());
  control_.release();
}

Result<void> KernelRings::poll(int timeout_ms, const std::function<bool(Bytes)>& record) {
  if (timeout_ms != 0) {
    pollfd ready{fd(), POLLIN, 0};
    if (::poll(&ready, 1, timeout_ms) < 0) return {};  // a signal
  }
  // The order of the next two lines makes the merge exact: a data record before `end` that follows a
  // control record on its CPU was made after that control record was there to be drained.
  const uint64_t end = data_.is_open() ? data_.produced() : 0;
  drain_control();
  bool stopped = false;
  auto deliver = [&](Bytes bytes) {
    stopped = stopped || !record(bytes);
    return !stopped;
  };
  const uint64_t before = data_.position();
  pending_.deliver_until(data_position(), deliver);
  if (!stopped && data_.is_open()) deliver_data(end, deliver);
  if (!has_aside()) aside_ = {};
  if (!stopped) pending_.deliver_until(data_position(), deliver);
  data_.release();
  measure_flow(data_.position() - before);
  return {};
}

bool KernelRings::set_aside() {
  if (!data_.is_open() || delivering_) return false;
  if (!has_aside()) aside_ = {};
  const uint64_t end = data_.produced();
  const size_t most = std::min<size_t>(data_.size() * kAsideShare, kMostAside);
  while (aside_.bytes.size() < most && data_.ready(end)) {
    const uint64_t position = data_.position();
    const Bytes record = data_.next();
    const AsideHeader header{position, record.size()};
    const auto* begin = reinterpret_cast<const std::byte*>(&header);
    aside_.bytes.insert(aside_.bytes.end(), begin, begin + sizeof header);
    aside_.bytes.insert(aside_.bytes.end(), record.begin(), record.end());
  }
  data_.release();
  return aside_.bytes.size() < most;
}

void KernelRings::measure_flow(uint64_t bytes) {
  flow_bytes_ += bytes;
  const auto now = Clock::now();
  const std::chrono::nanoseconds time = now - flow_since_;
  if (time < kFlowTime) return;
  flow_per_ms_ = flow_bytes_ * 1'000'000 / static_cast<uint64_t>(time.count());
  flow_bytes_ = 0;
  flow_since_ = now;
}

bool KernelRings::may_rest() const {
  return flow_per_ms_ >= kFlood && flow_per_ms_ * kRestShare < data_.size();
}

}  // namespace tracer

// The two ring buffers of a loaded script, delivered in the order of the script (ring_order.h).
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/ring_order.h"
#include "runtime/ring_reader.h"
#include "runtime/session.h"

namespace tracer {

class KernelRings {
 public:
  // Descriptors of the two maps, borrowed; -1: the script has no such ring.
  Result<void> open(int data_fd, int control_fd);
  // See Session::poll. Delivers what is there when it is called; what comes in meanwhile is left for
  // the next call, so that a flood cannot keep the caller from its other work.
  Result<void> poll(int timeout_ms, const std::function<bool(Bytes)>& record);
  // See Session.
  bool set_aside();
  bool has_aside() const { return aside_.begin < aside_.bytes.size(); }
  bool may_rest() const;
  // Readable when records are there; -1 without rings.
  int fd() const { return ready_.get(); }

 private:
  using Clock = std::chrono::steady_clock;
  // Data records taken out of the ring before their turn, each behind its AsideHeader.
  struct Aside {
    std::vector<std::byte> bytes;
    size_t begin = 0;  // of the first that has not had its turn
  };
  struct AsideHeader {
    uint64_t position, size;
  };

  void measure_flow(uint64_t bytes);
  template <typename Deliver>
  bool deliver_data(uint64_t end, const Deliver& deliver);
  void drain_control();
  // Everything before it in the data ring has been delivered.
  uint64_t data_position() const;
  AsideHeader first_aside() const;
  Bytes next_aside();

  RingReader data_, control_;
  UniqueFd ready_;
  PendingControl pending_;
  Aside aside_;
  bool delivering_ = false;  // a data record
  Clock::time_point flow_since_ = Clock::now();
  uint64_t flow_bytes_ = 0;   // of the data ring, since then
  uint64_t flow_per_ms_ = 0;  // before that
};

}  // namespace tracer

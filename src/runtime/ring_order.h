// The order in which records of the two rings take effect.
//
// Data records (printf and its relatives) may flood; control records (exit, print of a map, clear)
// travel apart so that a flood never loses them. To put them back in the order of the script, each
// control record says where the producer of the data ring stood when it was made: it takes effect
// after the data records before that position and before those behind it.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "plan/plan.h"
#include "runtime/session.h"

namespace tracer {

// Control records that wait for their turn, in the order in which they were made.
class PendingControl {
 public:
  // Records too short to hold a control header are no control records; they are left out.
  void add(Bytes record) {
    if (record.size() < kControlHeaderSize) return;
    uint64_t after = 0;
    std::memcpy(&after, record.data() + kDataHeaderSize, sizeof after);
    waiting_.push_back({after, {record.begin(), record.end()}});
  }

  // Delivers those whose turn has come when everything before `data_position` is delivered.
  // False when `record` asked to stop.
  template <typename Deliver>
  bool deliver_until(uint64_t data_position, const Deliver& record) {
    while (!waiting_.empty() && waiting_.front().after <= data_position) {
      std::vector<std::byte> bytes = std::move(waiting_.front().bytes);
      waiting_.pop_front();
      if (!record(Bytes(bytes))) return false;
    }
    return true;
  }

  bool empty() const { return waiting_.empty(); }

 private:
  struct Waiting {
    uint64_t after;
    std::vector<std::byte> bytes;
  };
  std::deque<Waiting> waiting_;
};

}  // namespace tracer

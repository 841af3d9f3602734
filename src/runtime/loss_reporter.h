// Tells what was lost or went wrong on the kernel side, from the counters (LANGUAGE 11.5, 12.3).
#pragma once

#include <vector>

#include "runtime/output.h"
#include "runtime/session.h"

namespace tracer {

class LossReporter {
 public:
  // `also_k`: counters that -k asks for are told too.
  LossReporter(const Plan& plan, Output& output, bool also_k)
      : plan_(plan), output_(output), also_k_(also_k) {}

  // Reads the counters and tells what came since the last call: each counter once, with the number.
  Result<void> report(Session& session);
  // Events lost so far, as of the last report.
  uint64_t total_lost() const { return total_lost_; }

 private:
  void report_missed(const std::vector<MissedEvents>& now);
  void tell(const CounterPlan& counter, uint64_t times, int64_t last_code);
  const Place& place_of(const CounterPlan& counter) const;
  std::string probe_name(const CounterPlan& counter) const;

  const Plan& plan_;
  Output& output_;
  const bool also_k_;
  std::vector<CounterValue> seen_;
  std::vector<MissedEvents> seen_missed_;
  uint64_t total_lost_ = 0;
};

}  // namespace tracer

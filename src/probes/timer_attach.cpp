// Timers are samples of the kernel's software clock. Of profile: one event for each CPU, or in each thread
// of the one process that is asked for, where it counts the time that the thread runs.

#include "probes/timer_attach.h"

#include "probes/attach_report.h"
#include "probes/perf_events.h"

namespace tracer {
namespace {

// A target to name in messages: timers have none of their own.
AttachTarget timer_target(const ProbePlan& probe) {
  if (!probe.targets.empty()) return probe.targets.front();
  AttachTarget target;
  target.name = probe.name;
  return target;
}

}  // namespace

Result<void> attach_timer(Attachment& a) {
  perf_event_attr clock = perf_attributes(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, a.probe.period);
  int error = a.probe.provider == Provider::Interval ? attach_on_cpus(a, clock, {cpus_of(a.options).front()})
                                                     : attach_where_asked(a, clock);
  if (error) return give_up(a, timer_target(a.probe), refusal(a.probe, {}, error));
  a.attached++;
  return {};
}

}  // namespace tracer

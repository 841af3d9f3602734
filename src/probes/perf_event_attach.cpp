#include "probes/perf_event_attach.h"

#include <fmt/format.h>

#include <cerrno>

#include "probes/attach_report.h"
#include "probes/perf_event_names.h"
#include "probes/perf_events.h"

namespace tracer {
namespace {

Error why_not(const Attachment& a, const AttachTarget& target, int error) {
  bool missing = error == ENOENT || error == EOPNOTSUPP || error == EINVAL;
  if (a.probe.provider == Provider::Hardware && (missing || error == ENODEV))
    return {fmt::format("this machine has no counter for `{}`", target.function),
            "virtual machines often have none; `software:cpu-clock` samples by time instead"};
  if (error == ESRCH) return {"the process has ended", ""};
  return refusal(a.probe, target, error);
}

}  // namespace

Result<void> attach_perf_event(Attachment& a) {
  if (a.probe.targets.empty()) return {};
  const AttachTarget& target = a.probe.targets.front();
  const PerfEventName* event = find_perf_event(a.probe.provider, target.function);
  if (!event) return give_up(a, target, {fmt::format("no event is called `{}`", target.function), ""});
  uint32_t type = a.probe.provider == Provider::Software ? PERF_TYPE_SOFTWARE : PERF_TYPE_HARDWARE;
  int error = attach_where_asked(a, perf_attributes(type, event->config, a.probe.period));
  if (error) return give_up(a, target, why_not(a, target, error));
  a.attached++;
  return {};
}

}  // namespace tracer

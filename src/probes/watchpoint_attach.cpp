// Watchpoints are perf events on the processor's debug registers.

#include "probes/watchpoint_attach.h"

#include <fmt/format.h>
#include <linux/hw_breakpoint.h>

#include <cerrno>

#include "probes/attach_report.h"
#include "probes/perf_events.h"

namespace tracer {
namespace {

uint32_t access_kinds(const std::string& mode) {
  uint32_t kinds = 0;
  for (char letter : mode)
    kinds |= letter == 'r' ? HW_BREAKPOINT_R : letter == 'w' ? HW_BREAKPOINT_W : HW_BREAKPOINT_X;
  return kinds;
}

Error why_not(const Attachment& a, const AttachTarget& target, int error) {
  switch (error) {
    case ENOSPC:
    case EBUSY:
      return {"the processor has no debug register left for it",
              "it has few (4 on x86-64), which debuggers use too"};
    case EINVAL:
    case EOPNOTSUPP:
    case ENOENT:
    case ENODEV:
      return {fmt::format("the kernel cannot watch address 0x{:x} with length {} and mode {}", target.address,
                          target.length, target.mode),
              ""};
    case ESRCH:
      return {"the process has ended", ""};
    default:
      return refusal(a.probe, target, error);
  }
}

}  // namespace

Result<void> attach_watchpoint(Attachment& a) {
  if (a.probe.targets.empty()) return {};
  const AttachTarget& target = a.probe.targets.front();
  perf_event_attr attributes = perf_attributes(PERF_TYPE_BREAKPOINT, 0, 1);
  attributes.bp_type = access_kinds(target.mode);
  attributes.bp_addr = target.address;
  attributes.bp_len = target.length;
  if (int error = attach_where_asked(a, attributes, target.address))
    return give_up(a, target, why_not(a, target, error));
  a.attached++;
  return {};
}

}  // namespace tracer

// Loading and attaching programs for raw tracepoints. One event: a tracing program, to which the kernel
// gives arguments with their types, so that helpers that want an object of the kernel take them. Several
// events: one program of the older type, which is loaded once and attached by the names of them all.

#include "probes/raw_tracepoint_attach.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include "btf/type_db.h"
#include "probes/attach_report.h"
#include "probes/btf_target.h"
#include "probes/kernel_function.h"

namespace tracer {

Result<void> prepare_raw_tracepoint(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel) {
  if (probe.targets.size() != 1) {
    bpf_program__set_type(program, BPF_PROG_TYPE_RAW_TRACEPOINT);
    bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(0));
    return {};
  }
  const AttachTarget& target = probe.targets.front();
  TypeDb& types = kernel.types();
  auto id = types.raw_tracepoint_id(target.function, target.module.empty() ? kVmlinux : target.module);
  if (!id)
    return fail(fmt::format("Unable to attach probe: {}.", target.name),
                types.available() ? "the kernel's type information has no such event" : types.why_not());
  BtfTarget event;
  event.id = id->btf_id;
  event.module_fd = id->module_fd;
  event.function = target.function;
  return set_btf_target(program, BPF_TRACE_RAW_TP, std::move(event));
}

Result<void> attach_raw_tracepoint(Attachment& attachment) {
  const std::vector<AttachTarget>& targets = attachment.probe.targets;
  if (targets.size() == 1)
    return take_link(attachment, targets.front(), bpf_program__attach_trace(attachment.program));
  for (const AttachTarget& target : targets) {
    bpf_link* link = bpf_program__attach_raw_tracepoint(attachment.program, target.function.c_str());
    if (auto done = take_link(attachment, target, link); !done) return done;
  }
  return {};
}

}  // namespace tracer

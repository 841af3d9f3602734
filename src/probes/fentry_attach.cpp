// Loading and attaching fentry and fexit programs: on functions of the kernel, and on BPF programs.

#include "probes/fentry_attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>

#include "btf/type_db.h"
#include "probes/attach_report.h"
#include "probes/bpf_programs.h"
#include "probes/btf_target.h"
#include "probes/kernel_function.h"

namespace tracer {
namespace {

bpf_attach_type attach_type(const ProbePlan& probe) {
  return probe.provider == Provider::Fexit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY;
}

std::unexpected<Error> no_target(const AttachTarget& target, std::string why) {
  return fail(fmt::format("Unable to attach probe: {}.", target.name), std::move(why));
}

Result<BtfTarget> find_target(const AttachTarget& target, KernelInfo& kernel) {
  BtfTarget result;
  result.function = target.function;
  if (target.program_id) {
    auto program = find_bpf_function(target.program_id, target.function);
    if (!program) return no_target(target, program.error().text);
    result.id = program->btf_id;
    result.program = std::move(program->fd);
    return result;
  }
  TypeDb& types = kernel.types();
  auto function = types.function_id(target.function, target.module.empty() ? kVmlinux : target.module);
  if (!function)
    return no_target(
        target, types.available() ? "the kernel's type information has no such function" : types.why_not());
  result.id = function->btf_id;
  result.module_fd = function->module_fd;
  return result;
}

}  // namespace

Result<void> prepare_fentry(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel) {
  if (probe.targets.size() != 1)
    return fail(fmt::format("`{}` needs one program for each function", probe.name));
  auto target = find_target(probe.targets.front(), kernel);
  if (!target) return std::unexpected(target.error());
  return set_btf_target(program, attach_type(probe), std::move(*target));
}

Result<void> attach_fentry(Attachment& attachment) {
  if (attachment.probe.targets.empty()) return {};
  return take_link(attachment, attachment.probe.targets.front(),
                   bpf_program__attach_trace(attachment.program));
}

}  // namespace tracer

// Loading and attaching fentry and fexit programs. The kernel wants the BTF id of the function when
// the program is loaded. libbpf can look it up, but reads and checks the whole of vmlinux's BTF for
// that (5 ms and 6 MiB); the type database has the answer already. So libbpf is told by a handler of
// our own for the sections `fentry/` and `fexit/`: programs pass for another type until the moment of
// loading, when the handler fills in type and id.

#include "probes/fentry_attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <map>
#include <mutex>

#include "probes/attach_report.h"
#include "probes/kernel_function.h"

namespace tracer {
namespace {

// What programs pass for: any type that does not make libbpf want BTF.
constexpr bpf_prog_type kDisguise = BPF_PROG_TYPE_KPROBE;

// libbpf's handlers are global and get no data of ours for one program.
struct Handlers {
  std::mutex mutex;
  bool installed = false;
  std::map<const bpf_program*, TypeDb::FunctionId> targets;
};

Handlers& handlers() {
  static Handlers instance;
  return instance;
}

int fill_in_target(bpf_program* program, bpf_prog_load_opts* options, long) {
  std::lock_guard lock(handlers().mutex);
  auto target = handlers().targets.find(program);
  if (target == handlers().targets.end()) return -EINVAL;
  options->attach_btf_id = target->second.btf_id;
  options->attach_btf_obj_fd = static_cast<uint32_t>(target->second.module_fd);
  handlers().targets.erase(target);
  return bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
}

bpf_attach_type attach_type(const ProbePlan& probe) {
  return probe.provider == Provider::Fexit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY;
}

std::unexpected<Error> no_target(const AttachTarget& target, std::string why) {
  return fail(fmt::format("Unable to attach probe: {}.", target.name), std::move(why));
}

}  // namespace

void install_section_handlers() {
  std::lock_guard lock(handlers().mutex);
  if (handlers().installed) return;
  LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = fill_in_target);
  handlers().installed = true;
  for (const char* section : {"fentry+", "fexit+"})
    if (libbpf_register_prog_handler(section, kDisguise, static_cast<bpf_attach_type>(0), &options) < 0)
      handlers().installed = false;
}

Result<void> prepare_fentry(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel) {
  if (probe.targets.size() != 1)
    return fail(fmt::format("`{}` needs one program for each function", probe.name));
  const AttachTarget& target = probe.targets.front();
  bool ours = bpf_program__type(program) == kDisguise;
  bpf_program__set_expected_attach_type(program, attach_type(probe));
  if (!ours) {  // opened before our handlers were there
    bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
    if (bpf_program__set_attach_target(program, 0, target.function.c_str()) == 0) return {};
    return no_target(target, "the kernel's type information has no such function");
  }
  auto function =
      kernel.types().function_id(target.function, target.module.empty() ? kVmlinux : target.module);
  if (!function)
    return no_target(target, kernel.types().available() ? "the kernel's type information has no such function"
                                                        : kernel.types().why_not());
  std::lock_guard lock(handlers().mutex);
  handlers().targets[program] = *function;
  return {};
}

Result<void> attach_fentry(Attachment& attachment) {
  if (attachment.probe.targets.empty()) return {};
  return take_link(attachment, attachment.probe.targets.front(),
                   bpf_program__attach_trace(attachment.program));
}

}  // namespace tracer

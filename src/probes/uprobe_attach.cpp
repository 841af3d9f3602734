// Attaching uprobes, and static probes, whose semaphores the kernel raises in every process that has the file
// mapped or maps it later. One place: a perf event with a link. Many: one uprobe.multi link for each file
// where the kernel has them (6.6), else one perf event each. A program for a multi link is loaded with an
// attach type of its own, so the choice is made before loading.

#include "probes/uprobe_attach.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <map>

#include "probes/attach_report.h"

namespace tracer {
namespace {

constexpr pid_t kAllProcesses = -1;

bool uses_multi(const ProbePlan& probe, KernelInfo& kernel) {
  return probe.multi && kernel.has(KernelInfo::Feature::UprobeMulti);
}

bool is_return(const Attachment& a) { return a.probe.provider == Provider::Uretprobe; }
pid_t process_of(const Attachment& a) { return a.options.target_pid ? a.options.target_pid : kAllProcesses; }

// Errors whose usual words would mislead.
Result<void> refused_here(Attachment& a, const AttachTarget& target, int error) {
  switch (error) {
    case ESRCH:
      return give_up(a, target, {"the process has ended", ""});
    case ENOENT:
      return give_up(a, target, {fmt::format("the file `{}` is gone", target.module), ""});
    case ENOEXEC:
    case EIO:
      return give_up(a, target, {"the file cannot be read there; was it replaced by another one?", ""});
    default:
      return refused(a, target, error);
  }
}

Result<void> attach_each(Attachment& a) {
  for (const AttachTarget& target : a.probe.targets) {
    LIBBPF_OPTS(bpf_uprobe_opts, options, .ref_ctr_offset = target.semaphore, .retprobe = is_return(a));
    bpf_link* link = bpf_program__attach_uprobe_opts(a.program, process_of(a), target.module.c_str(),
                                                     target.file_offset, &options);
    if (link)
      keep_link(a, link, 1);
    else if (auto done = refused_here(a, target, errno); !done)
      return done;
  }
  return {};
}

using Targets = std::vector<const AttachTarget*>;

// The kernel refuses a list as a whole. Halving it finds the places that it does not take.
Result<void> attach_multi(Attachment& a, const Targets& targets, size_t begin, size_t end) {
  std::vector<unsigned long> offsets, semaphores;
  for (size_t i = begin; i < end; ++i) {
    offsets.push_back(targets[i]->file_offset);
    semaphores.push_back(targets[i]->semaphore);
  }
  LIBBPF_OPTS(bpf_uprobe_multi_opts, options, .offsets = offsets.data(), .ref_ctr_offsets = semaphores.data(),
              .cnt = offsets.size(), .retprobe = is_return(a));
  if (bpf_link* link = bpf_program__attach_uprobe_multi(a.program, process_of(a),
                                                        targets[begin]->module.c_str(), nullptr, &options)) {
    keep_link(a, link, offsets.size());
    return {};
  }
  const int error = errno;
  const bool about_one = error != EPERM && error != EACCES && error != ESRCH && error != ENOMEM &&
                         error != EMFILE && error != ENOENT;
  if (offsets.size() == 1 || !about_one) return refused_here(a, *targets[begin], error);
  const size_t middle = begin + offsets.size() / 2;
  if (auto done = attach_multi(a, targets, begin, middle); !done) return done;
  return attach_multi(a, targets, middle, end);
}

Result<void> attach_by_file(Attachment& a) {
  std::map<std::string_view, Targets> files;
  for (const AttachTarget& target : a.probe.targets) files[target.module].push_back(&target);
  for (const auto& [file, targets] : files)
    if (auto done = attach_multi(a, targets, 0, targets.size()); !done) return done;
  return {};
}

// `func` at a return is the kernel's answer; kernels that know it are those that have uprobe.multi.
bool asks_for_function(const bpf_program* program) {
  const bpf_insn* instructions = bpf_program__insns(program);
  for (size_t i = 0; i < bpf_program__insn_cnt(program); ++i)
    if (instructions[i].code == (BPF_JMP | BPF_CALL) && instructions[i].src_reg == 0 &&
        instructions[i].imm == BPF_FUNC_get_func_ip)
      return true;
  return false;
}

}  // namespace

Result<void> prepare_uprobe(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel) {
  bpf_program__set_type(program, BPF_PROG_TYPE_KPROBE);
  const bool multi = uses_multi(probe, kernel);
  bpf_program__set_expected_attach_type(program,
                                        multi ? BPF_TRACE_UPROBE_MULTI : static_cast<bpf_attach_type>(0));
  if (asks_for_function(program) && !kernel.has(KernelInfo::Feature::UprobeMulti))
    return fail(
        fmt::format("this kernel does not tell which function returns in {}: no `func` and uaddr() there",
                    probe.name),
        "use `probe`, or keep the value in a map by `tid` at the entry; Linux 6.6 and later can");
  return {};
}

Result<void> attach_uprobe(Attachment& attachment) {
  if (attachment.probe.targets.empty()) return {};
  if (uses_multi(attachment.probe, attachment.kernel)) return attach_by_file(attachment);
  if (!attachment.kernel.has(KernelInfo::Feature::Uprobes))
    return give_up(attachment, attachment.probe.targets.front(),
                   {"this kernel has no uprobes (CONFIG_UPROBES, CONFIG_UPROBE_EVENTS)", ""});
  return attach_each(attachment);
}

}  // namespace tracer

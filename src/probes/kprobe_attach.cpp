// Attaching kprobes. One function: a perf event with a link. Many: one kprobe.multi link where the
// kernel has it (5.18 with fprobe), else one perf event each. A program for a multi link is loaded
// with an attach type of its own, so the choice is made before loading.

#include "probes/kprobe_attach.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>

#include "probes/attach_report.h"

namespace tracer {
namespace {

bool uses_multi(const ProbePlan& probe, KernelInfo& kernel) {
  return probe.multi && kernel.has(KernelInfo::Feature::KprobeMulti);
}

bpf_link* attach_symbol(const Attachment& a, const AttachTarget& target, const char* symbol) {
  LIBBPF_OPTS(bpf_kprobe_opts, options, .offset = target.address ? target.address : target.offset,
              .retprobe = provider_info(a.probe.provider).is_return);
  return bpf_program__attach_kprobe_opts(a.program, symbol, &options);
}

// Not every kernel takes `module:function`; the bare name is what they all take.
bpf_link* attach_one(const Attachment& a, const AttachTarget& target) {
  if (target.address) return attach_symbol(a, target, nullptr);
  if (!target.module.empty()) {
    std::string qualified = fmt::format("{}:{}", target.module, target.function);
    if (bpf_link* link = attach_symbol(a, target, qualified.c_str())) return link;
  }
  return attach_symbol(a, target, target.function.c_str());
}

Result<void> attach_each(Attachment& a) {
  for (const AttachTarget& target : a.probe.targets)
    if (auto done = take_link(a, target, attach_one(a, target)); !done) return done;
  return {};
}

// The kernel refuses a list as a whole. Halving it finds the functions that it does not take.
Result<void> attach_multi(Attachment& a, size_t begin, size_t end) {
  std::vector<const char*> symbols;
  for (size_t i = begin; i < end; i++) symbols.push_back(a.probe.targets[i].function.c_str());
  LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .syms = symbols.data(), .cnt = symbols.size(),
              .retprobe = provider_info(a.probe.provider).is_return);
  if (bpf_link* link = bpf_program__attach_kprobe_multi_opts(a.program, nullptr, &options)) {
    keep_link(a, link, symbols.size());
    return go_on(a);
  }
  int error = errno;
  bool some_unknown = error == ESRCH || error == ENOENT || error == EINVAL;
  if (symbols.size() == 1 || !some_unknown) {
    error = error == ESRCH ? ENOENT : error;
    return refused(a, a.probe.targets[begin], error);
  }
  size_t middle = begin + symbols.size() / 2;
  if (auto done = attach_multi(a, begin, middle); !done) return done;
  return attach_multi(a, middle, end);
}

}  // namespace

Result<void> prepare_kprobe(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel) {
  bpf_program__set_type(program, BPF_PROG_TYPE_KPROBE);
  bool multi = uses_multi(probe, kernel);
  bpf_program__set_expected_attach_type(program,
                                        multi ? BPF_TRACE_KPROBE_MULTI : static_cast<bpf_attach_type>(0));
  return {};
}

Result<void> attach_kprobe(Attachment& attachment) {
  if (attachment.probe.targets.empty()) return {};
  if (uses_multi(attachment.probe, attachment.kernel))
    return attach_multi(attachment, 0, attachment.probe.targets.size());
  if (!attachment.kernel.has(KernelInfo::Feature::Kprobes))
    return give_up(attachment, attachment.probe.targets.front(),
                   {"this kernel has no kprobes (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS)", ""});
  return attach_each(attachment);
}

}  // namespace tracer

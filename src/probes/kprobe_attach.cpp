// Attaching kprobes. One function: a perf event with a link. Many: one kprobe.multi link where the
// kernel has it (5.18 with fprobe), else one perf event each. A program for a multi link is loaded
// with an attach type of its own, so the choice is made before loading.

#include "probes/kprobe_attach.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>

#include "probes/attach_report.h"
#include "probes/kernel_address.h"

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

// The kernel takes a name that several functions have for none of them (since 6.6).
Result<void> attach_all_named(Attachment& a, const AttachTarget& target) {
  const std::vector<uint64_t> places = kernel_functions_named(target.function, target.module);
  if (places.empty()) return refused(a, target, EADDRNOTAVAIL);
  for (const uint64_t place : places) {
    AttachTarget one = target;
    one.address = place + target.offset;
    if (auto done = take_link(a, target, attach_one(a, one)); !done) return done;
  }
  return {};
}

Result<void> attach_each(Attachment& a) {
  for (const AttachTarget& target : a.probe.targets) {
    bpf_link* link = attach_one(a, target);
    const bool ambiguous = !link && errno == EADDRNOTAVAIL && !target.address;
    if (auto done = ambiguous ? attach_all_named(a, target) : take_link(a, target, link); !done) return done;
  }
  return {};
}

Result<void> attach_multi(Attachment& a) {
  return attach_in_halves({&a, 1}, [&](std::span<const char* const> symbols) {
    LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .cnt = symbols.size(),
                .retprobe = provider_info(a.probe.provider).is_return);
    options.syms = const_cast<const char**>(symbols.data());
    return BpfLink(bpf_program__attach_kprobe_multi_opts(a.program, nullptr, &options));
  });
}

// The kernel refuses a list as a whole. Halving it finds the functions that it does not take.
Result<void> attach_some(std::span<Attachment> attachments, const LinkFunctions& link_functions,
                         std::span<const char* const> symbols, size_t first) {
  if (BpfLink link = link_functions(symbols)) {
    attachments.front().links.push_back(std::move(link));
    attachments.front().attached += symbols.size() * attachments.size();
    return go_on(attachments.front());
  }
  int error = errno;
  bool some_unknown = error == ESRCH || error == ENOENT || error == EINVAL;
  if (symbols.size() > 1 && some_unknown) {
    const size_t half = symbols.size() / 2;
    if (auto done = attach_some(attachments, link_functions, symbols.first(half), first); !done) return done;
    return attach_some(attachments, link_functions, symbols.subspan(half), first + half);
  }
  error = error == ESRCH ? ENOENT : error;
  for (Attachment& attachment : attachments)
    if (auto done = refused(attachment, attachment.probe.targets[first], error); !done) return done;
  return {};
}

}  // namespace

Result<void> attach_in_halves(std::span<Attachment> attachments, const LinkFunctions& link_functions) {
  std::vector<const char*> symbols;
  for (const AttachTarget& target : attachments.front().probe.targets)
    symbols.push_back(target.function.c_str());
  return attach_some(attachments, link_functions, symbols, 0);
}

Result<void> prepare_kprobe(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel) {
  bpf_program__set_type(program, BPF_PROG_TYPE_KPROBE);
  bool multi = uses_multi(probe, kernel);
  bpf_program__set_expected_attach_type(program,
                                        multi ? BPF_TRACE_KPROBE_MULTI : static_cast<bpf_attach_type>(0));
  return {};
}

Result<void> attach_kprobe(Attachment& attachment) {
  if (attachment.probe.targets.empty()) return {};
  if (uses_multi(attachment.probe, attachment.kernel)) return attach_multi(attachment);
  if (!attachment.kernel.has(KernelInfo::Feature::Kprobes))
    return give_up(attachment, attachment.probe.targets.front(),
                   {"this kernel has no kprobes (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS)", ""});
  return attach_each(attachment);
}

}  // namespace tracer

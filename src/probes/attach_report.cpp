#include "probes/attach_report.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/file_limit.h"
#include "probes/lockdown.h"

namespace tracer {
namespace {

// The kernel's own ENOTSUPP, which the C library does not know.
constexpr int kNotSupported = 524;

bool is_function_probe(Provider provider) {
  return provider >= Provider::Kprobe && provider <= Provider::Fexit;
}

// What the kernel says of functions that it lists as traceable and yet does not let be probed.
bool is_about_function(int error) {
  return error == EINVAL || error == ENOENT || error == EILSEQ || error == EADDRNOTAVAIL || error == EBUSY ||
         error == EOPNOTSUPP || error == kNotSupported;
}

std::string what(const ProbePlan& probe, const AttachTarget& target) {
  if (target.function.empty()) return "the probe";
  return fmt::format("{} `{}`", is_function_probe(probe.provider) ? "function" : "event", target.function);
}

}  // namespace

Error refusal(const ProbePlan& probe, const AttachTarget& target, int error) {
  std::string subject = what(probe, target);
  switch (error) {
    case EPERM:
    case EACCES:
      if (kernel_lockdown() == Lockdown::Confidentiality) return lockdown_error();
      return {"not permitted",
              "run as root, or with CAP_BPF and CAP_PERFMON; a kernel that is locked down (see `man 7 "
              "kernel_lockdown`) refuses it to everyone"};
    case ENOENT:
      if (target.function.empty() && target.address)
        return {fmt::format("there is no code of the kernel at 0x{:x}", target.address), ""};
      return {fmt::format("the kernel has no {}", subject), ""};
    case EINVAL:
      if (target.offset)
        return {"the offset is not at an instruction of the function, or the function may not be probed", ""};
      if (is_function_probe(probe.provider))
        return {fmt::format("the kernel does not allow to probe {}", subject), ""};
      if (target.file_offset)
        return {"the kernel takes no probe at that place of the file; was the file replaced by another one?",
                ""};
      break;
    case EILSEQ:
      return {"the offset is not at the start of an instruction",
              "with the kernel's image named by TRACER_VMLINUX the nearest ones are shown"};
    case EADDRNOTAVAIL:
      return {fmt::format("{} exists several times, and where is hidden from this user", subject),
              "run as root, or with CAP_SYSLOG"};
    case EOPNOTSUPP:
    case kNotSupported:
    case ENODEV:
      return {fmt::format("the kernel was built without what {} needs", subject), ""};
    case EMFILE:
      return {"too many open files", file_limit_hint(error)};
    case ENOSPC:
    case E2BIG:
      return {"the kernel takes no more probes on this event", ""};
    default:
      break;
  }
  return {strerror(error), ""};
}

void keep_link(Attachment& attachment, bpf_link* link, size_t count) {
  attachment.links.emplace_back(link);
  attachment.attached += count;
}

Result<void> give_up(Attachment& attachment, const AttachTarget& target, Error why) {
  switch (attachment.missing) {
    case MissingProbes::Error:
      break;
    case MissingProbes::Warn:
      attachment.skipped.push_back(
          fmt::format("Unable to attach probe: {} ({}). Skipping.", target.name, why.text));
      return {};
    case MissingProbes::Ignore:
      return {};
  }
  std::string hint = why.text + (why.hint.empty() ? "" : "; " + why.hint);
  return fail(
      fmt::format("Unable to attach probe: {}. If this is expected, set the 'missing_probes' config variable "
                  "to 'warn'.",
                  target.name),
      std::move(hint));
}

Result<void> refused(Attachment& attachment, const AttachTarget& target, int error) {
  Error why = refusal(attachment.probe, target, error);
  if (!attachment.probe.wildcard || !is_about_function(error))
    return give_up(attachment, target, std::move(why));
  attachment.left_out.push_back(fmt::format("{} ({})", target.name, why.text));
  return {};
}

Result<void> go_on(const Attachment& attachment) {
  if (!attachment.options.go_on || attachment.options.go_on(attachment.attached)) return {};
  return fail("interrupted while attaching");
}

Result<void> take_link(Attachment& attachment, const AttachTarget& target, bpf_link* link) {
  if (!link) return refused(attachment, target, errno);
  keep_link(attachment, link, 1);
  return go_on(attachment);
}

}  // namespace tracer

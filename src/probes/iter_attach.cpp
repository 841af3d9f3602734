// Loading and attaching iterators. What they write is read by the session; with a pin it is left to
// whoever reads the pinned file.

#include "probes/iter_attach.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstring>

#include "btf/type_db.h"
#include "probes/attach_report.h"
#include "probes/btf_target.h"

namespace tracer {
namespace {

Error pin_refusal(const std::string& path, int error) {
  switch (error) {
    case EEXIST:
      return {fmt::format("`{}` exists already", path), "remove it, or pin under another name"};
    case EINVAL:
      return {fmt::format("`{}` is not in a BPF file system", path),
              "a name without slash is pinned below /sys/fs/bpf"};
    case EPERM:
    case EACCES:
      return {fmt::format("not permitted to pin to `{}`", path), "run as root"};
    default:
      return {fmt::format("cannot pin to `{}`: {}", path, std::strerror(error)),
              "is the BPF file system mounted? mount -t bpf bpf /sys/fs/bpf"};
  }
}

// Those that walk over tasks, or what tasks have, and can be told which.
bool walks_over_tasks(const std::string& iterator) {
  return iterator == "task" || iterator == "task_file" || iterator == "task_vma";
}

}  // namespace

std::string iterator_function(std::string_view iterator) { return fmt::format("bpf_iter_{}", iterator); }

Result<void> prepare_iter(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel) {
  const AttachTarget& target = probe.targets.front();
  BtfTarget iterator;
  iterator.function = iterator_function(target.function);
  auto id = kernel.types().function_id(iterator.function);
  if (!id) return fail(fmt::format("iter {} not available for your kernel version.", target.function));
  iterator.id = id->btf_id;
  iterator.module_fd = id->module_fd;
  return set_btf_target(program, BPF_TRACE_ITER, std::move(iterator));
}

Result<void> attach_iter(Attachment& attachment) {
  const AttachTarget& target = attachment.probe.targets.front();
  bpf_iter_link_info which{};
  LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &which, .link_info_len = sizeof which);
  which.task.pid = static_cast<uint32_t>(attachment.options.iterated_pid);
  const bool restricted = which.task.pid != 0 && walks_over_tasks(target.function);
  bpf_link* link = bpf_program__attach_iter(attachment.program, restricted ? &options : nullptr);
  if (auto done = take_link(attachment, target, link); !done || !link || target.module.empty()) return done;
  if (bpf_link__pin(link, target.module.c_str()) == 0) return {};
  Error why = pin_refusal(target.module, errno);
  attachment.links.pop_back();
  attachment.attached--;
  return give_up(attachment, target, std::move(why));
}

}  // namespace tracer

// The kernel wants the BTF id of what a program is for when the program is loaded. libbpf can look it up,
// but reads and checks the whole of vmlinux's BTF for that (5 ms and 6 MiB); the type database has the
// answer already. So libbpf is told by handlers of our own for the sections of such programs: they pass
// for another type until the moment of loading, when the handler fills in type and id.

#include "probes/btf_target.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <map>
#include <mutex>

#include "probes/attach.h"

namespace tracer {
namespace {

// What programs pass for: any type that does not make libbpf want BTF.
constexpr bpf_prog_type kDisguise = BPF_PROG_TYPE_KPROBE;

// libbpf's handlers are global and get no data of ours for one program.
struct Handlers {
  std::mutex mutex;
  bool installed = false;
  std::map<const bpf_program*, BtfTarget> targets;
};

Handlers& handlers() {
  static Handlers instance;
  return instance;
}

int fill_in_target(bpf_program* program, bpf_prog_load_opts* options, long) {
  std::lock_guard lock(handlers().mutex);
  auto found = handlers().targets.find(program);
  if (found == handlers().targets.end()) return -EINVAL;
  const BtfTarget& target = found->second;
  options->attach_btf_id = target.id;
  if (target.program)
    options->attach_prog_fd = static_cast<uint32_t>(target.program.get());
  else
    options->attach_btf_obj_fd = static_cast<uint32_t>(target.module_fd);
  return bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
}

}  // namespace

void install_section_handlers() {
  std::lock_guard lock(handlers().mutex);
  if (handlers().installed) return;
  LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = fill_in_target);
  handlers().installed = true;
  for (const char* section : {"fentry+", "fexit+", "tp_btf+", "iter+"})
    if (libbpf_register_prog_handler(section, kDisguise, static_cast<bpf_attach_type>(0), &options) < 0)
      handlers().installed = false;
}

Result<void> set_btf_target(bpf_program* program, bpf_attach_type type, BtfTarget target) {
  const bool ours = bpf_program__type(program) == kDisguise;
  bpf_program__set_expected_attach_type(program, type);
  if (!ours) {  // opened before our handlers were there
    bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
    const int fd = target.program ? target.program.get() : 0;
    if (bpf_program__set_attach_target(program, fd, target.function.c_str()) == 0) return {};
    return fail("the kernel's type information has no such function");
  }
  std::lock_guard lock(handlers().mutex);
  handlers().targets.insert_or_assign(program, std::move(target));
  return {};
}

}  // namespace tracer

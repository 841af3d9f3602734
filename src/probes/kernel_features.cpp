#include "probes/kernel_features.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "probes/kprobe_session.h"

namespace tracer {
namespace {

// A link on an address list that cannot be read: a kernel with kprobe.multi gets as far as reading
// it (EFAULT), others refuse the request before. So no function is touched.
bool try_kprobe_multi() {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
      {.code = BPF_JMP | BPF_EXIT},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
  UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_KPROBE, "try_multi", "GPL", program, 2, &load));
  if (!fd) return false;
  LIBBPF_OPTS(bpf_link_create_opts, link);
  link.kprobe_multi.cnt = 1;
  link.kprobe_multi.addrs = reinterpret_cast<const unsigned long*>(8);
  UniqueFd made(bpf_link_create(fd.get(), 0, BPF_TRACE_KPROBE_MULTI, &link));
  return !made && errno == EFAULT;
}

// The same for an offset list, in a file that is surely there.
bool try_uprobe_multi() {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
      {.code = BPF_JMP | BPF_EXIT},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BPF_TRACE_UPROBE_MULTI);
  UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_KPROBE, "try_multi", "GPL", program, 2, &load));
  if (!fd) return false;
  LIBBPF_OPTS(bpf_link_create_opts, link);
  const unsigned long offset = 0;
  link.uprobe_multi.path = "/";  // a folder: refused as one (EBADF) where such links are known
  link.uprobe_multi.offsets = &offset;
  link.uprobe_multi.cnt = 1;
  UniqueFd made(bpf_link_create(fd.get(), 0, BPF_TRACE_UPROBE_MULTI, &link));
  return !made && errno == EBADF;
}

bool is_there(const char* path) { return ::eaccess(path, F_OK) == 0; }

}  // namespace

bool try_feature(KernelInfo::Feature feature) {
  switch (feature) {
    case KernelInfo::Feature::KprobeMulti:
      return try_kprobe_multi();
    case KernelInfo::Feature::KprobeSession:
      return try_kprobe_session();
    case KernelInfo::Feature::Kprobes:
      return is_there("/sys/bus/event_source/devices/kprobe/type");
    case KernelInfo::Feature::UprobeMulti:
      return try_uprobe_multi();
    case KernelInfo::Feature::Uprobes:
      return is_there("/sys/bus/event_source/devices/uprobe/type");
    case KernelInfo::Feature::Count_:
      break;
  }
  return false;
}

}  // namespace tracer

#include "probes/kernel_calls.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "btf/type_db.h"

namespace tracer {
namespace {

struct ProgramType {
  bpf_prog_type type;
  bpf_attach_type attach = static_cast<bpf_attach_type>(0);
  const char* target = nullptr;  // of fentry and its like: a function that every kernel has
};

std::optional<ProgramType> program_type(Provider provider) {
  switch (provider) {
    case Provider::Kprobe:
    case Provider::Kretprobe:
    case Provider::Ksyscall:
    case Provider::Kretsyscall:
    case Provider::Uprobe:
    case Provider::Uretprobe:
    case Provider::Usdt:
      return ProgramType{BPF_PROG_TYPE_KPROBE};
    case Provider::Tracepoint:
      return ProgramType{BPF_PROG_TYPE_TRACEPOINT};
    case Provider::Profile:
    case Provider::Interval:
    case Provider::Software:
    case Provider::Hardware:
    case Provider::Watchpoint:
      return ProgramType{BPF_PROG_TYPE_PERF_EVENT};
    case Provider::Fentry:
      return ProgramType{BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "vfs_read"};
    case Provider::Fexit:
      return ProgramType{BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "vfs_read"};
    case Provider::Iter:
      return ProgramType{BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_task"};
    case Provider::Begin:
    case Provider::End:
    case Provider::Self:
    case Provider::Test:
    case Provider::Bench:
    case Provider::RawTracepoint:
      return ProgramType{BPF_PROG_TYPE_RAW_TRACEPOINT};
  }
  return std::nullopt;
}

// The kernel looks at whether the call is allowed before it looks at the arguments, which this
// program does not set: what it complains of tells the two apart.
bool refused(std::string_view log, std::string_view function) {
  const std::string text(log);
  return text.find("calling kernel function " + std::string(function) + " is not allowed") != text.npos ||
         text.find("calling kernel function is not allowed") != text.npos ||
         text.find("program must be GPL") != text.npos || text.find("not found in kernel BTF") != text.npos;
}

}  // namespace

bool callable_exists(std::string_view function, TypeDb& types) {
  return types.function_id(function, "vmlinux").has_value();
}

std::optional<bool> callable_in(Provider provider, std::string_view function, TypeDb& types) {
  const auto id = types.function_id(function, "vmlinux");
  const auto kind = program_type(provider);
  if (!id || !kind) return false;
  const bpf_insn program[] = {
      {.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = static_cast<__s32>(id->btf_id)},
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
      {.code = BPF_JMP | BPF_EXIT},
  };
  std::string log(64 * 1024, '\0');
  LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = kind->attach, .log_level = 1,
              .log_size = static_cast<__u32>(log.size()), .log_buf = log.data());
  if (kind->target) {
    const auto target = types.function_id(kind->target, "vmlinux");
    if (!target) return false;
    load.attach_btf_id = target->btf_id;
  }
  UniqueFd fd(bpf_prog_load(kind->type, "try_call", "GPL", program, 3, &load));
  if (fd) return true;
  const int why = errno;
  if (why == EPERM) return std::nullopt;
  log.resize(log.find('\0') == log.npos ? log.size() : log.find('\0'));
  return !log.empty() && !refused(log, function);
}

}  // namespace tracer

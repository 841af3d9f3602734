// pid tid uid gid username comm ppid and other relatives, cgroup, curtask cpid: who runs.
#include <unistd.h>

#include "base/files.h"
#include "base/text.h"
#include "codegen/builtins.h"

namespace tracer {
namespace {

constexpr uint64_t kTaskNameSize = 16;

// `pid(init)`: ids of the first PID namespace, which are the kernel's own.
llvm::Value* ids_as_asked(ProgramEmitter& p, const BuiltinUse& use) {
  const bool initial = !use.args.empty() && use.args[0]->constant.value_or(0) == 1;
  return initial ? p.call(Helper::get_current_pid_tgid, {}) : p.process_ids();
}

// Of this process, for code that runs in it.
std::string own_name(const std::string& process) {
  auto name = read_file("/proc/" + process + "/comm");
  return name ? std::string(trim(*name)) : "";
}

}  // namespace

llvm::Value* ProgramEmitter::process_ids() {
  auto in_kernel = [&] { return call(Helper::get_current_pid_tgid, {}); };
  // struct bpf_pidns_info: thread, then process; as one word the same as from the other helper.
  auto in_namespace = [&] {
    llvm::Value* ids = word(number(0));
    llvm::Value *device = fact(&RunFacts::pid_device), *inode = fact(&RunFacts::pid_inode);
    call(Helper::get_ns_current_pid_tgid, {device, inode, ids, number(8)});
    return b.CreateAlignedLoad(b.getInt64Ty(), ids, llvm::Align(8));
  };
  if (module.script.saved && module.target == CodeTarget::Bpf)
    return choose(b.CreateIsNull(fact(&RunFacts::pid_inode)), in_kernel, in_namespace);
  const bool has_namespace = module.target == CodeTarget::Bpf && module.facts.pid_inode != 0;
  return has_namespace ? in_namespace() : in_kernel();
}

llvm::Value* lower_pid(ProgramEmitter& p, const BuiltinUse& use) {
  return p.b.CreateLShr(ids_as_asked(p, use), 32);
}

llvm::Value* lower_tid(ProgramEmitter& p, const BuiltinUse& use) {
  return p.b.CreateAnd(ids_as_asked(p, use), 0xffffffff);
}

llvm::Value* lower_uid(ProgramEmitter& p, const BuiltinUse&) {
  return p.b.CreateAnd(p.call(Helper::get_current_uid_gid, {}), 0xffffffff);
}

llvm::Value* lower_gid(ProgramEmitter& p, const BuiltinUse&) {
  return p.b.CreateLShr(p.call(Helper::get_current_uid_gid, {}), 32);
}

// The kernel counts who uses a task: what is found must be given back.
static void name_of_process(ProgramEmitter& p, const BuiltinUse& use) {
  const uint32_t size = use.expr.type.size;
  const Type& task_type = ast::as<ast::FieldAccess>(use.args[1])->object->type;
  llvm::Function* find = p.module.kernel_function("bpf_task_from_pid", task_type, int_type(4, true));
  llvm::Function* release = p.module.kernel_function("bpf_task_release", void_type(), task_type);
  llvm::Value* pid = p.lower(*use.args[0]);
  llvm::Value* offset = p.place_of(*use.args[1]).address;
  llvm::Value* task = p.b.CreateCall(find, {p.b.CreateTrunc(pid, p.b.getInt32Ty())});
  p.either(
      p.b.CreateIsNotNull(task),
      [&] {
        llvm::Value* name = p.b.CreateAdd(p.b.CreatePtrToInt(task, p.b.getInt64Ty()), offset);
        p.read_string(name, AddressSpace::Kernel, p.number(kTaskNameSize), size, use.into);
        p.b.CreateCall(release, {task});
      },
      [&] {
        p.count(use.expr.failure_counter, pid);
        p.write_string("N/A", size, use.into);
      });
}

llvm::Value* lower_comm(ProgramEmitter& p, const BuiltinUse& use) {
  if (!use.args.empty()) {
    name_of_process(p, use);
    return nullptr;
  }
  // Kernels from 5.19 to 6.1 leave what follows the name's NUL as it was, which would be part of a key.
  if (use.into.rest == Destination::Rest::MakeZero)
    p.zero(use.into.pointer, use.into.align, use.expr.type.size);
  p.call(Helper::get_current_comm, {use.into.pointer, p.number(use.expr.type.size)});
  return nullptr;
}

llvm::Value* lower_curtask(ProgramEmitter& p, const BuiltinUse&) {
  return p.call(Helper::get_current_task, {});
}

// In the kernel these are fields of the task (type_rules_task.cpp); here the task is this process.
llvm::Value* lower_task_member(ProgramEmitter& p, const BuiltinUse& use) {
  const auto* name = ast::as<ast::Identifier>(&use.expr);
  const ast::BuiltinId id = name && name->builtin ? name->builtin->id : ast::BuiltinId::ppid_;
  const bool parent = id == ast::BuiltinId::ppid_ || id == ast::BuiltinId::pcomm_;
  const pid_t process = parent ? getppid() : getpid();
  if (p.module.target != CodeTarget::Host) p.defect(use.expr.span, "a task that is no struct");
  if (!use.expr.type.is(TypeKind::String)) return p.number(static_cast<uint64_t>(process));
  p.write_string(own_name(std::to_string(process)).substr(0, use.expr.type.size - 1), use.expr.type.size,
                 use.into);
  return nullptr;
}

llvm::Value* lower_cgroup(ProgramEmitter& p, const BuiltinUse&) {
  return p.call(Helper::get_current_cgroup_id, {});
}

// Known when the script is checked: always a constant.
llvm::Value* lower_cgroupid(ProgramEmitter& p, const BuiltinUse& use) {
  return p.number(use.expr.constant.value_or(0));
}

// With a child it is a constant before it gets here.
llvm::Value* lower_cpid(ProgramEmitter& p, const BuiltinUse& use) {
  p.count(use.expr.failure_counter, p.number(0));
  return p.number(0);
}

}  // namespace tracer

// pid tid uid gid comm curtask cpid: who runs.
#include "codegen/builtins.h"

namespace tracer {

llvm::Value* ProgramEmitter::process_ids() {
  const auto& space = module.facts.pid_namespace;
  if (module.target == CodeTarget::Host || !space) return call(Helper::get_current_pid_tgid, {});
  // struct bpf_pidns_info: thread, then process; as one word the same as from the other helper.
  llvm::Value* ids = word(number(0));
  call(Helper::get_ns_current_pid_tgid, {number(space->device), number(space->inode), ids, number(8)});
  return b.CreateAlignedLoad(b.getInt64Ty(), ids, llvm::Align(8));
}

llvm::Value* lower_pid(ProgramEmitter& p, const BuiltinUse&) { return p.b.CreateLShr(p.process_ids(), 32); }

llvm::Value* lower_tid(ProgramEmitter& p, const BuiltinUse&) {
  return p.b.CreateAnd(p.process_ids(), 0xffffffff);
}

llvm::Value* lower_uid(ProgramEmitter& p, const BuiltinUse&) {
  return p.b.CreateAnd(p.call(Helper::get_current_uid_gid, {}), 0xffffffff);
}

llvm::Value* lower_gid(ProgramEmitter& p, const BuiltinUse&) {
  return p.b.CreateLShr(p.call(Helper::get_current_uid_gid, {}), 32);
}

llvm::Value* lower_comm(ProgramEmitter& p, const BuiltinUse& use) {
  p.call(Helper::get_current_comm, {use.into.pointer, p.number(use.expr.type.size)});
  return nullptr;
}

llvm::Value* lower_curtask(ProgramEmitter& p, const BuiltinUse&) {
  return p.call(Helper::get_current_task, {});
}

// Known when the script is checked, so that it is a constant before it gets here.
llvm::Value* lower_cpid(ProgramEmitter& p, const BuiltinUse& use) {
  return p.number(use.expr.constant.value_or(0));
}

}  // namespace tracer

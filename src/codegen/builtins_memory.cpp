// kptr uptr percpu_kaddr container_of jiffies: addresses, and what the kernel keeps at known places.
#include "codegen/builtins.h"
#include "probes/registers.h"

namespace tracer {

// Only the type knows of the address space.
llvm::Value* lower_same_pointer(ProgramEmitter& p, const BuiltinUse& use) { return p.lower(*use.args[0]); }

llvm::Value* lower_container_of(ProgramEmitter& p, const BuiltinUse& use) {
  return p.b.CreateSub(p.lower(*use.args[0]), p.number(use.args[2]->constant.value_or(0)));
}

llvm::Value* lower_jiffies(ProgramEmitter& p, const BuiltinUse&) { return p.call(Helper::jiffies64, {}); }

llvm::Value* lower_uaddr(ProgramEmitter& p, const BuiltinUse& use) {
  if (use.expr.constant) return p.number(*use.expr.constant);
  const bool at_return = provider_info(p.program.context.provider).is_return;
  llvm::Value* here = at_return ? p.call(Helper::get_func_ip, {p.context()})
                                : p.load_context(ip_offset(), int_type(8, false));
  return p.b.CreateAdd(here, p.number(use.args[0]->constant.value_or(0)));
}

llvm::Value* lower_percpu_kaddr(ProgramEmitter& p, const BuiltinUse& use) {
  if (p.module.target == CodeTarget::Host) {
    if (use.args.size() > 1) p.lower(*use.args[1]);
    return p.number(0);  // no kernel here
  }
  const auto& name = static_cast<const ast::StringLiteral&>(*use.args[0]).value;
  llvm::GlobalVariable* variable = p.module.kernel_variable(name, *use.expr.type.target);
  llvm::Value* cpu = use.args.size() > 1 ? p.lower(*use.args[1]) : p.call(Helper::get_smp_processor_id, {});
  llvm::Value* pointer = p.call(Helper::per_cpu_ptr, {variable, cpu});
  if (pointer->getType()->isPointerTy()) pointer = p.b.CreatePtrToInt(pointer, p.b.getInt64Ty());
  // The verifier knows it as a typed pointer, with which little arithmetic is allowed; read from memory it
  // is a number.
  llvm::Value* kept = p.word(pointer);
  llvm::Value* number = p.word(p.number(0));
  p.probe_read(number, p.number(8), p.b.CreatePtrToInt(kept, p.b.getInt64Ty()), AddressSpace::Kernel);
  return p.b.CreateAlignedLoad(p.b.getInt64Ty(), number, llvm::Align(8));
}

}  // namespace tracer

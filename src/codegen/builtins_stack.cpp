// kstack ksym
#include "codegen/builtins.h"

namespace tracer {

llvm::Value* lower_kstack(ProgramEmitter& p, const BuiltinUse& use) {
  constexpr uint32_t kWord = 8;
  const Type& type = use.expr.type;
  Destination frames = p.at(use.into, kWord);
  // The helper zeroes what it does not fill, also when it fails.
  llvm::Value* bytes = p.call(
      Helper::get_stack, {p.context(), frames.pointer, p.number(uint64_t{type.count} * kWord), p.number(0)});
  llvm::Value* failed = p.b.CreateICmpSLT(bytes, p.number(0));
  llvm::Value* count = p.b.CreateSelect(failed, p.number(0), p.b.CreateLShr(bytes, 3));
  p.store(count, int_type(kWord, false), use.into.pointer, use.into.align);
  return nullptr;
}

// The address; user space names it when it is printed.
llvm::Value* lower_ksym(ProgramEmitter& p, const BuiltinUse& use) { return p.lower(*use.args[0]); }

}  // namespace tracer

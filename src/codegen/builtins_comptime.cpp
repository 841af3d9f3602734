// Functions that are answered while compiling: what is left of them is a constant, or nothing.
#include "codegen/builtins.h"

namespace tracer {

llvm::Value* lower_comptime(ProgramEmitter& p, const BuiltinUse& use) {
  return p.number(use.expr.constant.value_or(0));
}

llvm::Value* lower_comptime_check(ProgramEmitter&, const BuiltinUse&) { return nullptr; }

}  // namespace tracer

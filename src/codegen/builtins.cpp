#include "codegen/builtins.h"

namespace tracer {

BuiltinLowering builtin_lowering(ast::BuiltinId id) {
  static constexpr BuiltinLowering kLowerings[] = {
#define BUILTIN(name, form, min, max, signature, rule, lowering, ...) lowering,
#include "ast/builtins.def"
#undef BUILTIN
  };
  return kLowerings[static_cast<size_t>(id)];
}

BuiltinUse builtin_use(const ast::Identifier& name) {
  static const std::vector<ast::Expr*> kNoArguments;
  return {.expr = name, .args = kNoArguments, .arg_number = name.arg_number};
}

BuiltinUse builtin_use(const ast::Call& call) {
  return {.expr = call, .args = call.args, .event = call.event};
}

}  // namespace tracer

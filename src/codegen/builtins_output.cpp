// printf time exit print clear zero: what user space does.
#include "codegen/builtins.h"

namespace tracer {
namespace {

llvm::Value* send(ProgramEmitter& p, const BuiltinUse& use, llvm::ArrayRef<const ast::Expr*> arguments) {
  if (use.event)
    p.send_event(*use.event, arguments);
  else
    p.defect(use.expr.span, "an event that is not in the plan");
  return nullptr;
}

}  // namespace

llvm::Value* lower_printf(ProgramEmitter& p, const BuiltinUse& use) {
  return send(p, use, std::vector<const ast::Expr*>(use.args.begin() + 1, use.args.end()));
}

llvm::Value* lower_time(ProgramEmitter& p, const BuiltinUse& use) { return send(p, use, {}); }
llvm::Value* lower_clear(ProgramEmitter& p, const BuiltinUse& use) { return send(p, use, {}); }
llvm::Value* lower_zero(ProgramEmitter& p, const BuiltinUse& use) { return send(p, use, {}); }

llvm::Value* lower_print(ProgramEmitter& p, const BuiltinUse& use) {
  if (!use.event || p.plan.events[*use.event].kind == EventKind::PrintMap) return send(p, use, {});
  const ast::Expr* value = use.args[0];
  if (p.plan.events[*use.event].kind == EventKind::PrintValue) return send(p, use, {value});
  return send(p, use, {ast::as<ast::MapRef>(value)->key, value});
}

llvm::Value* lower_exit(ProgramEmitter& p, const BuiltinUse& use) {
  if (!use.event) return send(p, use, {});
  p.send_event_value(*use.event, use.args.empty() ? p.number(0) : p.lower(*use.args[0]));
  p.end_program();
  return nullptr;
}

}  // namespace tracer

// signal signal_thread override write_user unwatch socket_cookie: what needs the kernel to act or to look.
#include "codegen/builtins.h"
#include "codegen/typed_pointer.h"

namespace tracer {
namespace {

llvm::Value* send(ProgramEmitter& p, const BuiltinUse& use, Helper helper) {
  p.count_failure(use.expr.failure_counter, p.call(helper, {p.lower(*use.args[0])}));
  return nullptr;
}

}  // namespace

llvm::Value* lower_signal(ProgramEmitter& p, const BuiltinUse& use) {
  return send(p, use, Helper::send_signal);
}

llvm::Value* lower_signal_thread(ProgramEmitter& p, const BuiltinUse& use) {
  return send(p, use, Helper::send_signal_thread);
}

llvm::Value* lower_override(ProgramEmitter& p, const BuiltinUse& use) {
  p.call(Helper::override_return, {p.context(), p.lower(*use.args[0])});
  return nullptr;
}

llvm::Value* lower_write_user(ProgramEmitter& p, const BuiltinUse& use) {
  const ast::Expr& source = *use.args[1];
  const ast::Expr& size = *use.args[2];
  llvm::Value* place = p.lower(*use.args[0]);
  llvm::Value* value = p.lower(source);
  if (!in_memory(source.type)) value = p.word(p.canonical(value, source.type));
  auto write = [&](llvm::Value* bytes) -> llvm::Value* {
    llvm::Value* code = p.call(Helper::probe_write_user, {place, value, bytes});
    p.count_failure(use.expr.failure_counter, code);
    return p.b.CreateZExt(p.b.CreateIsNull(code), p.b.getInt64Ty());
  };
  if (size.constant) return write(p.number(*size.constant));
  // More than there is cannot be copied.
  llvm::Value* bytes = p.lower(size);
  llvm::Value* fits = p.b.CreateICmpULT(p.b.CreateSub(bytes, p.number(1)), p.number(source.type.size));
  return p.choose(
      fits, [&] { return write(bytes); }, [&] { return p.number(0); });
}

llvm::Value* lower_unwatch(ProgramEmitter& p, const BuiltinUse& use) {
  if (use.event) p.send_event_value(*use.event, p.lower(*use.args[0]));
  return nullptr;
}

llvm::Value* lower_socket_cookie(ProgramEmitter& p, const BuiltinUse& use) {
  const auto* access = ast::as<ast::FieldAccess>(use.args[0]);
  if (!access) {
    p.defect(use.expr.span, "socket_cookie() of something that is no field");
    return p.number(0);
  }
  return p.call(Helper::get_socket_cookie, {typed_pointer(p, *access)});
}

}  // namespace tracer

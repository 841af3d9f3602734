#include "codegen/typed_pointer.h"

namespace tracer {

using ast::as;

namespace {

constexpr uint32_t kWord = 8;

// Volatile, so that LLVM neither merges loads nor moves them.
llvm::Value* load_pointer(ProgramEmitter& p, llvm::Value* from) {
  return p.b.CreateAlignedLoad(p.b.getPtrTy(), from, llvm::Align(kWord), /*isVolatile=*/true);
}

llvm::Value* argument_pointer(ProgramEmitter& p, const ast::FieldAccess& access) {
  const ArgumentPlace& place = p.program.context.arguments[*access.argument].place;
  if (place.kind != ArgumentPlace::Kind::Slot) {
    p.defect(access.span, "an argument that does not stand in a slot");
    return p.null();
  }
  return load_pointer(p, p.at(p.opaque(p.context()), uint64_t{kWord} * place.index));
}

// A field of the context itself. Iterators have some that may be null, which the verifier wants to see
// tested: without an object there is nothing for the clause to do.
llvm::Value* context_pointer(ProgramEmitter& p, llvm::Value* address) {
  llvm::Value* pointer = load_pointer(p, address);
  if (p.program.context.context != ContextKind::Iterator) return pointer;
  p.when(p.b.CreateIsNull(pointer), [&] { p.leave(p.number(0)); });
  return pointer;
}

bool is_context(const ast::Expr& expr) {
  if (auto* unary = as<ast::Unary>(&expr); unary && unary->op == ast::UnaryOp::Deref)
    return is_context(*unary->operand);
  return as<ast::Identifier>(&expr) != nullptr;
}

}  // namespace

llvm::Value* typed_pointer(ProgramEmitter& p, const ast::Expr& expr) {
  if (auto* access = as<ast::FieldAccess>(&expr)) {
    if (access->argument) return argument_pointer(p, *access);
    llvm::Value* address = p.at(typed_pointer(p, *access->object), access->where.offset);
    if (!expr.type.is(TypeKind::Pointer)) return address;
    return is_context(*access->object) ? context_pointer(p, address) : load_pointer(p, address);
  }
  if (auto* unary = as<ast::Unary>(&expr); unary && unary->op == ast::UnaryOp::Deref) {
    llvm::Value* address = typed_pointer(p, *unary->operand);
    return expr.type.is(TypeKind::Pointer) ? load_pointer(p, address) : address;
  }
  if (as<ast::Identifier>(&expr)) return p.opaque(p.context());
  p.defect(expr.span, "an object that the context does not lead to");
  return p.null();
}

}  // namespace tracer

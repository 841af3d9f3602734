#include "codegen/byte_source.h"

namespace tracer {

ByteSource byte_source(ProgramEmitter& p, const ast::Expr& expr) {
  if (!in_memory(expr.type)) {
    AddressSpace space = expr.type.is(TypeKind::Pointer) ? expr.type.space : p.program.context.space;
    return {p.lower(expr), space};
  }
  Lvalue place = p.place_of(expr);
  if (!place.own) return {place.address, place.space};
  llvm::Value* address = p.b.CreatePtrToInt(place.address, p.b.getInt64Ty());
  return {address, AddressSpace::Kernel, place.address, place.align};
}

// By a branch rather than a selection: the verifier takes the bound from the comparison.
llvm::Value* bounded_length(ProgramEmitter& p, const ast::Expr& length, uint32_t most) {
  if (length.constant) return p.number(std::min<uint64_t>(*length.constant, most));
  llvm::Value* n = p.lower(length);
  return p.choose(
      p.b.CreateICmpULT(n, p.number(most)), [&] { return n; }, [&] { return p.number(most); });
}

}  // namespace tracer

// str
#include "codegen/builtins.h"

namespace tracer {
namespace {

constexpr uint32_t kLargestMarkedStrlen = 1024;  // longer strings are cut without a mark

// Space of what an address of that type points to.
AddressSpace space_of(const ProgramEmitter& p, const Type& type) {
  return type.is(TypeKind::Pointer) ? type.space : p.program.context.space;
}

// How many bytes to read: n as given, not more than there is room for.
llvm::Value* bounded_length(ProgramEmitter& p, const ast::Expr& length, uint32_t capacity) {
  if (length.constant) return p.number(std::min<uint64_t>(*length.constant, capacity));
  llvm::Value* n = p.lower(length);
  llvm::Value* fits = p.b.CreateICmpULT(n, p.number(capacity));
  return p.choose(
      fits, [&] { return n; }, [&] { return p.number(capacity); });
}

}  // namespace

llvm::Value* lower_str(ProgramEmitter& p, const BuiltinUse& use) {
  const ast::Expr& source = *use.args[0];
  const uint32_t capacity = use.expr.type.size;
  AddressSpace space = AddressSpace::Unknown;
  llvm::Value* address = nullptr;
  if (in_memory(source.type)) {
    Lvalue place = p.place_of(source);
    if (place.own) {
      p.convert(place.address, place.align, source.type, use.expr.type, use.into);
      return nullptr;
    }
    address = place.address;
    space = place.space;
  } else {
    address = p.lower(source);
    space = space_of(p, source.type);
  }

  if (use.args.size() > 1) {
    llvm::Value* length = bounded_length(p, *use.args[1], capacity);
    p.read_string(address, space, length, capacity, use.into);
  } else if (capacity >= kLargestMarkedStrlen) {
    p.read_string(address, space, p.number(capacity), capacity, use.into);
  } else {
    // One byte more than fits: a string that is cut has no NUL, by which it is known.
    llvm::Value* memory = p.temporary(capacity + 1);
    p.read_string(address, space, p.number(capacity + 1), capacity + 1, {memory});
    p.copy(use.into.pointer, use.into.align, memory, llvm::Align(8), capacity);
  }
  return nullptr;
}

}  // namespace tracer

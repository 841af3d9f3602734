// Reading memory that is not the program's own: what `.`, `->`, `[]` and `*` of pointers lead to.
#include "codegen/program_emitter.h"

namespace tracer {

using ast::as;
using ast::ExprKind;

namespace {

constexpr uint32_t kWord = 8;

Lvalue offset_place(ProgramEmitter& program, Lvalue place, uint64_t offset) {
  if (place.own) {
    place.address = program.at(place.address, offset);
    place.align = llvm::commonAlignment(place.align, offset);
  } else if (offset) {
    place.address = program.b.CreateAdd(place.address, program.number(offset));
  }
  return place;
}

}  // namespace

void ProgramEmitter::probe_read(llvm::Value* to, llvm::Value* size, llvm::Value* address,
                                AddressSpace space) {
  Helper helper = space == AddressSpace::Kernel ? Helper::probe_read_kernel
                  : space == AddressSpace::User ? Helper::probe_read_user
                                                : Helper::probe_read;
  call(helper, {to, size, address});
}

// ---------------------------------------------------------------- where it is

Lvalue ProgramEmitter::place_of(const ast::Expr& expr) {
  if (auto* access = as<ast::FieldAccess>(&expr); access && !access->argument) return field_place(*access);
  if (auto* access = as<ast::TupleAccess>(&expr)) {
    const auto& fields = access->object->type.fields;
    if (!fields || access->index >= fields->size()) return {number(0)};
    return offset_place(*this, place_of(*access->object), (*fields)[access->index].offset);
  }
  if (auto* index = as<ast::Index>(&expr)) return index_place(*index);
  if (auto* unary = as<ast::Unary>(&expr); unary && unary->op == ast::UnaryOp::Deref)
    return {lower(*unary->operand), false, unary->operand->type.space};
  return {lower(expr), true, AddressSpace::Unknown, llvm::Align(kWord)};
}

Lvalue ProgramEmitter::field_place(const ast::FieldAccess& access) {
  const Type* type = &access.object->type;
  if (type->is(TypeKind::Record) && type->fields) {
    for (const Field& field : *type->fields)
      if (field.name == access.field) return offset_place(*this, place_of(*access.object), field.offset);
  }
  if (!type->is(TypeKind::Pointer)) return offset_place(*this, place_of(*access.object), access.where.offset);
  Lvalue place{lower(*access.object), false, type->space};
  // `.` goes through any number of pointers.
  while (type->target && type->target->is(TypeKind::Pointer)) {
    type = type->target.get();
    place = {read(place, *type, nullptr), false, type->space};
  }
  return offset_place(*this, place, access.where.offset);
}

// Whether an index is inside an array whose length is known; true for pointers.
llvm::Value* ProgramEmitter::index_in_range(const ast::Index& index, llvm::Value* position) {
  const Type& type = index.object->type;
  if (type.is(TypeKind::Pointer)) return b.getTrue();
  return b.CreateICmpULT(position, number(type.is(TypeKind::Array) ? type.count : type.size));
}

// A single element: zero when there is none.
llvm::Value* ProgramEmitter::lower_index(const ast::Index& index) {
  llvm::Value* position = lower(*index.index);
  return choose(
      index_in_range(index, position),
      [&] { return read(index_place(index, position), index.type, nullptr); },
      [&]() -> llvm::Value* {
        count(index.bounds_counter, number(0));
        return number(0);
      });
}

// An element that is looked into further: the first one when there is none.
Lvalue ProgramEmitter::index_place(const ast::Index& index) {
  llvm::Value* position = lower(*index.index);
  llvm::Value* inside = choose(
      index_in_range(index, position), [&] { return position; },
      [&]() -> llvm::Value* {
        count(index.bounds_counter, number(0));
        return number(0);
      });
  return index_place(index, inside);
}

Lvalue ProgramEmitter::index_place(const ast::Index& index, llvm::Value* position) {
  const Type& type = index.object->type;
  uint32_t element = type.target && !type.is(TypeKind::String) ? std::max<uint32_t>(type.target->size, 1) : 1;
  Lvalue base =
      type.is(TypeKind::Pointer) ? Lvalue{lower(*index.object), false, type.space} : place_of(*index.object);
  llvm::Value* offset = b.CreateMul(position, number(element));
  if (!base.own) {
    base.address = b.CreateAdd(base.address, offset);
    return base;
  }
  base.address = b.CreateGEP(b.getInt8Ty(), base.address, offset);
  base.align = std::min(base.align, llvm::Align(std::bit_floor(uint64_t{element})));
  return base;
}

// ---------------------------------------------------------------- what stands there

llvm::Value* ProgramEmitter::read(const Lvalue& place, const Type& type, const Field* bits) {
  bool bit_field = bits && bits->bit_size > 0;
  if (!bit_field && place.own) return load(place.address, type, place.align);

  uint32_t size = bit_field ? (bits->bit_offset + bits->bit_size + 7) / 8 : type.size;
  llvm::Value* memory = word(number(0));
  if (place.own)
    copy(memory, llvm::Align(kWord), place.address, place.align, std::min(size, kWord));
  else
    probe_read(memory, number(std::min(size, kWord)), place.address, place.space);
  if (!bit_field) return load(memory, type, llvm::Align(kWord));

  llvm::Value* value = b.CreateAlignedLoad(b.getInt64Ty(), memory, llvm::Align(kWord));
  value = b.CreateShl(value, 64 - bits->bit_offset - bits->bit_size);
  return type.is_signed ? b.CreateAShr(value, 64 - bits->bit_size) : b.CreateLShr(value, 64 - bits->bit_size);
}

void ProgramEmitter::read_into(const Lvalue& place, const Type& type, Destination into) {
  if (place.own) return convert(place.address, place.align, type, type, into);
  if (!type.is(TypeKind::String) || into.rest == Destination::Rest::Any)
    return probe_read(into.pointer, number(type.size), place.address, place.space);
  // What stands behind the NUL of a character array is not part of the string. One byte more is
  // read so that an array without a NUL keeps its last character.
  llvm::Value* memory = temporary(type.size + 1);
  read_string(place.address, place.space, number(type.size + 1), type.size + 1, {memory});
  copy(into.pointer, into.align, memory, llvm::Align(kWord), type.size);
}

}  // namespace tracer

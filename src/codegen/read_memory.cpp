// Reading memory that is not the program's own: what `.`, `->`, `[]` and `*` of pointers lead to.
#include "codegen/program_emitter.h"
#include "codegen/relocations.h"

namespace tracer {

using ast::as;
using ast::ExprKind;

namespace {

constexpr uint32_t kWord = 8;

Lvalue offset_place(ProgramEmitter& program, Lvalue place, uint64_t offset) {
  place.relocated = nullptr;
  if (place.own) {
    place.address = program.at(place.address, offset);
    place.align = llvm::commonAlignment(place.align, offset);
  } else if (offset) {
    place.address = program.b.CreateAdd(place.address, program.number(offset));
  }
  return place;
}

}  // namespace

void ProgramEmitter::probe_read(llvm::Value* to, llvm::Value* size, llvm::Value* address, AddressSpace space,
                                std::optional<uint32_t> failure_counter) {
  Helper helper = space == AddressSpace::Kernel ? Helper::probe_read_kernel
                  : space == AddressSpace::User ? Helper::probe_read_user
                                                : Helper::probe_read;
  count_failure(failure_counter, call(helper, {to, size, address}));
}

void ProgramEmitter::count_failure(std::optional<uint32_t> counter, llvm::Value* code) {
  if (!counter) return;
  // Up to Linux 6.3 helpers for maps leave the upper half of the register undefined.
  code = b.CreateSExt(b.CreateTrunc(code, b.getInt32Ty()), b.getInt64Ty());
  when(b.CreateICmpSLT(code, number(0)), [&] { count(counter, code); });
}

// ---------------------------------------------------------------- where it is

Lvalue ProgramEmitter::place_of(const ast::Expr& expr) {
  Lvalue place = find_place(expr);
  if (!place.own) place.failure_counter = expr.failure_counter;
  return place;
}

Lvalue ProgramEmitter::find_place(const ast::Expr& expr) {
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
  const FieldPath path = module.script.saved ? relocatable_path(access) : FieldPath{};
  if (path.empty()) return offset_place(*this, structure_place(access), access.where.offset);
  Lvalue place = structure_place(*path.front());
  if (place.own) return offset_place(*this, place, offset_here(path));
  place.address =
      b.CreateAdd(place.address, relocated(b, module.module, module.debug, path, Relocated::Offset));
  place.relocated = &access;
  return place;
}

// Where the structure begins that a field is in.
Lvalue ProgramEmitter::structure_place(const ast::FieldAccess& access) {
  const Type* type = &access.object->type;
  if (!type->is(TypeKind::Pointer)) return place_of(*access.object);
  Lvalue place{lower(*access.object), false, type->space};
  // `.` goes through any number of pointers.
  while (type->target && type->target->is(TypeKind::Pointer)) {
    type = type->target.get();
    place.failure_counter = access.failure_counter;
    place = {read(place, *type, nullptr), false, type->space};
  }
  return place;
}

// Whether an index is inside an array or string.
llvm::Value* ProgramEmitter::index_in_range(const ast::Index& index, llvm::Value* position) {
  const Type& type = index.object->type;
  return b.CreateICmpULT(position, number(type.is(TypeKind::Array) ? type.count : type.size));
}

// Out of bounds it is the first element's place, which is then not read.
Lvalue ProgramEmitter::index_place(const ast::Index& index) {
  const Type& type = index.object->type;
  llvm::Value* position = lower(*index.index);
  Lvalue base =
      type.is(TypeKind::Pointer) ? Lvalue{lower(*index.object), false, type.space} : place_of(*index.object);
  base.relocated = nullptr;
  if (!type.is(TypeKind::Pointer) && !index.index->constant) {
    llvm::Value* inside = index_in_range(index, position);
    when(b.CreateNot(inside), [&] { count(index.bounds_counter, number(0)); });
    position = b.CreateSelect(inside, position, number(0));
    base.inside = base.inside ? b.CreateAnd(base.inside, inside) : inside;
  }
  uint32_t element = type.target && !type.is(TypeKind::String) ? std::max<uint32_t>(type.target->size, 1) : 1;
  llvm::Value* offset = b.CreateMul(position, number(element));
  if (!base.own) {
    base.address = b.CreateAdd(base.address, offset);
    base.failure_counter = index.failure_counter;
    return base;
  }
  base.address = b.CreateGEP(b.getInt8Ty(), base.address, offset);
  base.align = std::min(base.align, llvm::Align(std::bit_floor(uint64_t{element})));
  return base;
}

// ---------------------------------------------------------------- what stands there

// Zero out of bounds.
llvm::Value* ProgramEmitter::read(const Lvalue& place, const Type& type, const Field* bits) {
  if (!place.inside) return read_inside(place, type, bits);
  return choose(
      place.inside, [&] { return read_inside(place, type, bits); }, [&] { return number(0); });
}

llvm::Value* ProgramEmitter::read_inside(const Lvalue& place, const Type& type, const Field* bits) {
  if (place.relocated) return read_relocated(place, type);
  bool bit_field = bits && bits->bit_size > 0;
  if (!bit_field && place.own) return load(place.address, type, place.align);

  uint32_t size = bit_field ? (bits->bit_offset + bits->bit_size + 7) / 8 : type.size;
  llvm::Value* memory = word(number(0));
  if (place.own)
    copy(memory, llvm::Align(kWord), place.address, place.align, std::min(size, kWord));
  else
    probe_read(memory, number(std::min(size, kWord)), place.address, place.space, place.failure_counter);
  if (!bit_field) return load(memory, type, llvm::Align(kWord));

  llvm::Value* value = b.CreateAlignedLoad(b.getInt64Ty(), memory, llvm::Align(kWord));
  value = b.CreateShl(value, 64 - bits->bit_offset - bits->bit_size);
  return type.is_signed ? b.CreateAShr(value, 64 - bits->bit_size) : b.CreateLShr(value, 64 - bits->bit_size);
}

// As many bytes as the field has in that kernel; the shifts leave its bits and extend them.
llvm::Value* ProgramEmitter::read_relocated(const Lvalue& place, const Type& type) {
  const FieldPath path = relocatable_path(*place.relocated);
  auto number_of = [&](Relocated what) { return relocated(b, module.module, module.debug, path, what); };
  llvm::Value* memory = word(number(0));
  probe_read(memory, number_of(Relocated::Size), place.address, place.space, place.failure_counter);
  llvm::Value* value = b.CreateAlignedLoad(b.getInt64Ty(), memory, llvm::Align(kWord));
  value = b.CreateShl(value, number_of(Relocated::LeftShift));
  llvm::Value* right = number_of(Relocated::RightShift);
  return canonical(type.is_signed ? b.CreateAShr(value, right) : b.CreateLShr(value, right), type);
}

void ProgramEmitter::read_into(const Lvalue& place, const Type& type, Destination into) {
  if (!place.inside) return read_inside_into(place, type, into);
  llvm::BasicBlock* there = block("there");
  llvm::BasicBlock* outside = block("outside");
  llvm::BasicBlock* done = block("done");
  b.CreateCondBr(place.inside, there, outside);
  b.SetInsertPoint(there);
  read_inside_into(place, type, into);
  b.CreateBr(done);
  b.SetInsertPoint(outside);
  zero(into.pointer, into.align, type.size);
  enter(done);
}

void ProgramEmitter::read_inside_into(const Lvalue& place, const Type& type, Destination into) {
  if (place.own) return convert(place.address, place.align, type, type, into);
  if (!type.is(TypeKind::String) || into.rest == Destination::Rest::Any)
    return probe_read(into.pointer, number(type.size), place.address, place.space, place.failure_counter);
  // What stands behind the NUL of a character array is not part of the string. One byte more is
  // read so that an array without a NUL keeps its last character.
  llvm::Value* memory = temporary(type.size + 1);
  read_string(place.address, place.space, number(type.size + 1), type.size + 1, {memory},
              place.failure_counter);
  copy(into.pointer, into.align, memory, llvm::Align(kWord), type.size);
}

}  // namespace tracer

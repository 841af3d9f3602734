// Casts that the script writes (LANGUAGE 4.8).
#include "ast/diagnostics.h"
#include "ast/passes/type_resolver.h"
#include "ast/passes/type_spec.h"

namespace tracer::ast {
namespace {

constexpr uint32_t kWord = 8;  // what an integer can fill

bool is_element(const Type& type) { return type.is(TypeKind::Int) || type.is(TypeKind::Bool); }

// Arrays of integers, and of such arrays.
bool is_integer_array(const Type& type) {
  return type.is(TypeKind::Array) && type.target &&
         (is_element(*type.target) || is_integer_array(*type.target));
}

bool integer_to_array(const Type& from, const Type& to) {
  return is_integer_array(to) && (to.size == from.size || to.size <= kWord);
}

bool can_cast(const Type& from, const Type& to) {
  if (from.is_integer_like()) {
    return to.is_integer_like() || to.is(TypeKind::Pointer) || to.is(TypeKind::Username) ||
           integer_to_array(from, to);
  }
  if (from.is(TypeKind::Pointer)) {
    return to.is(TypeKind::Pointer) || to.is(TypeKind::Int) || to.is(TypeKind::Bool);
  }
  if (from.is(TypeKind::String)) {
    return to.is(TypeKind::String) || (is_integer_array(to) && to.size == from.size);
  }
  if (is_integer_array(from)) return same_type(from, to) || (to.is(TypeKind::Int) && to.size == from.size);
  return from.is_castable_aggregate() && to.is(TypeKind::Int);
}

// `string`, `T[]`: as large as what is cast.
void take_size(Type& to, const Type& from) {
  if (to.is(TypeKind::String) && to.size == 0 && from.is(TypeKind::String)) to.size = from.size;
  const bool open = to.is(TypeKind::Array) && to.count == 0 && to.target && to.target->size > 0;
  if (open && from.size % to.target->size == 0) to = array_type(*to.target, from.size / to.target->size);
}

// As the script writes it where its size is left open.
std::string written(const Type& type) {
  if (type.is(TypeKind::String) && type.size == 0) return "string";
  if (type.is(TypeKind::Array) && type.count == 0 && type.target) return to_string(*type.target) + "[]";
  return to_string(type);
}

}  // namespace

Type TypeResolver::written_type(TypeSpec& spec, AddressSpace space) {
  TypeSpecScope scope{types_, diags(), space, [this](Expr*& slot) {
                        expr(slot);
                        return operand_type(*slot);
                      }};
  return resolve_type_spec(spec, scope);
}

// A pointer keeps its address space; an integer of which nothing is known is an address as the probe sees it.
AddressSpace TypeResolver::space_behind(const Type& address) {
  const bool known = address.is(TypeKind::Pointer) || address.space != AddressSpace::Unknown;
  return known ? address.space : context().space;
}

void TypeResolver::cast(Cast& cast) {
  const bool has_value = value(cast.operand);
  if (cast.implicit) return;
  const Type& from = cast.operand->type;
  Type to = written_type(*cast.target, space_behind(from));
  if (!has_value || unknown(to) || unknown(from)) {
    cast.type = has_value && !from.is(TypeKind::Error) ? to : error_type();
    return;
  }
  take_size(to, from);
  if (from.is(TypeKind::Int) && to.is(TypeKind::Int)) to.space = from.space;
  cast.type = to;
  if (from.is(TypeKind::String) && to.is(TypeKind::String) && to.size < from.size) {
    diags().report(cast.span, diag::cast_to_smaller_string, to_string(from), to_string(to));
    cast.type = error_type();
    return;
  }
  if (!can_cast(from, to)) {
    diags().report(cast.span, diag::cannot_cast, to_string(from), written(to));
    cast.type = error_type();
    return;
  }
  cast_constant(cast, *cast.operand);
}

void TypeResolver::cast_constant(Cast& cast, const Expr& operand) {
  cast.constant.reset();
  if (!operand.constant || !cast.type.is_integer_like()) return;
  cast.constant = convert_constant(*operand.constant, cast.type);
  if (!cast.type.is(TypeKind::Enum) || !as<IntLiteral>(&operand)) return;
  for (const Enumerator& each : types_.enumerators(cast.type)) {
    if (static_cast<uint64_t>(each.value) == *operand.constant) return;
  }
  diags().report(operand.span, diag::no_such_enumerator, static_cast<int64_t>(*operand.constant),
                 cast.type.name);
}

}  // namespace tracer::ast

// Casts that the script writes (LANGUAGE 4.8).
#include "ast/diagnostics.h"
#include "ast/passes/type_resolver.h"
#include "ast/passes/type_spec.h"

namespace tracer::ast {
namespace {

enum class CastRule : uint8_t { Yes, No, SmallerString };

CastRule cast_rule(const Type& from, const Type& to) {
  if (from.is_integer_like() && (to.is_integer_like() || to.is(TypeKind::Pointer))) return CastRule::Yes;
  if (from.is(TypeKind::Pointer) &&
      (to.is(TypeKind::Pointer) || to.is(TypeKind::Int) || to.is(TypeKind::Bool))) {
    return CastRule::Yes;
  }
  if (from.is(TypeKind::String) && to.is(TypeKind::String)) {
    return to.size >= from.size ? CastRule::Yes : CastRule::SmallerString;
  }
  if (from.is_castable_aggregate() && to.is(TypeKind::Int)) return CastRule::Yes;
  return CastRule::No;
}

bool same_cast(const Type& from, const Type& to) {
  if (from.is(TypeKind::Pointer) && to.is(TypeKind::Pointer)) {
    return from.target && to.target && same_type(*from.target, *to.target);
  }
  return same_type(from, to);
}

}  // namespace

Type TypeResolver::written_type(TypeSpec& spec, AddressSpace space) {
  TypeSpecScope scope{types_, diags(), space, [this](Expr*& slot) {
                        expr(slot);
                        return operand_type(*slot);
                      }};
  return resolve_type_spec(spec, scope);
}

void TypeResolver::cast(Cast& cast) {
  const bool has_value = value(cast.operand);
  if (cast.implicit) return;
  const Type& from = cast.operand->type;
  // A pointer keeps its address space; an integer is an address as the probe sees it.
  const AddressSpace space = from.is(TypeKind::Pointer) ? from.space : context().space;
  Type to = written_type(*cast.target, space);
  if (!has_value || unknown(to) || unknown(from)) {
    cast.type = has_value && !from.is(TypeKind::Error) ? to : error_type();
    return;
  }
  if (to.is(TypeKind::String) && to.size == 0) to.size = from.size;
  cast.type = to;
  switch (cast_rule(from, to)) {
    case CastRule::Yes:
      break;
    case CastRule::SmallerString:
      diags().report(cast.span, diag::cast_to_smaller_string, to_string(from), to_string(to));
      cast.type = error_type();
      return;
    case CastRule::No:
      diags().report(cast.span, diag::cannot_cast, to_string(from), to_string(to));
      cast.type = error_type();
      return;
  }
  if (same_cast(from, to) && !as<IntLiteral>(cast.operand)) {
    diags().report(cast.target->span, diag::needless_cast, to_string(to));
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

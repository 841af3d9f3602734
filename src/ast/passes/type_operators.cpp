// Operators (LANGUAGE 4.2 to 4.4).
#include "ast/diagnostics.h"
#include "ast/passes/fold_constants.h"
#include "ast/passes/type_resolver.h"

namespace tracer::ast {
namespace {

bool is_ordering(BinaryOp op) {
  return op == BinaryOp::Less || op == BinaryOp::Greater || op == BinaryOp::LessEqual ||
         op == BinaryOp::GreaterEqual;
}
bool is_comparison(BinaryOp op) {
  return is_ordering(op) || op == BinaryOp::Equal || op == BinaryOp::NotEqual;
}
bool is_logical(BinaryOp op) { return op == BinaryOp::And || op == BinaryOp::Or; }

const char* step_spelling(UnaryOp op) {
  return op == UnaryOp::PreIncrement || op == UnaryOp::PostIncrement ? "++" : "--";
}

bool is_word(const Type& type) { return type.is_integer_like() || type.is(TypeKind::Pointer); }

// A value that is neither word nor string: compares by its bytes with another of the same type.
// True when that has a sense for every element.
bool has_equality(const Type& type) {
  switch (type.kind) {
    case TypeKind::None:
    case TypeKind::Error:
    case TypeKind::Void:
    case TypeKind::TimestampMode:
    case TypeKind::StackModeName:
      return false;
    case TypeKind::Tuple:
    case TypeKind::Record:
      for (const Field& field : *type.fields) {
        if (!has_equality(field.type)) return false;
      }
      return true;
    case TypeKind::Array:
      return type.target &&
             (type.target->is(TypeKind::Array) ? has_equality(*type.target) : type.target->is_integer_like());
    default:
      return !type.is_aggregate();
  }
}

// Arrays of as many integers of one size compare whatever their signs are.
bool same_bytes(const Type& a, const Type& b) {
  if (!a.is(TypeKind::Array) || !b.is(TypeKind::Array) || !a.target || !b.target) return false;
  if (a.count != b.count || a.size != b.size) return false;
  return (a.target->is(TypeKind::Int) && b.target->is(TypeKind::Int)) || same_bytes(*a.target, *b.target);
}

// A known address and a distance are an address.
AddressSpace space_of_sum(BinaryOp op, const Type& left, const Type& right) {
  if (op != BinaryOp::Add && op != BinaryOp::Subtract) return AddressSpace::Unknown;
  if (right.space == AddressSpace::Unknown) return left.space;
  return op == BinaryOp::Add && left.space == AddressSpace::Unknown ? right.space : AddressSpace::Unknown;
}

}  // namespace

// ---------------------------------------------------------------- unary

void TypeResolver::unary(Expr*& slot, Unary& unary) {
  if (unary.op >= UnaryOp::PreIncrement) return step(unary);
  if (unary.op == UnaryOp::AddressOf) return address_of(unary);
  if (unary.op == UnaryOp::Not) {
    condition(unary.operand);
    unary.type = bool_type();
    return fold(ast_, slot, fold_diags());
  }
  if (!value(unary.operand)) {
    unary.type = error_type();
    return;
  }
  if (unary.op == UnaryOp::Deref) return deref(unary);
  const Type type = operand_type(*unary.operand);
  if (unknown(type)) {
    unary.type = type;
  } else if (!type.is_integer_like()) {
    diags().report(unary.span, diag::bad_unary, unary.op == UnaryOp::Negate ? "-" : "~", to_string(type));
    unary.type = error_type();
  } else {
    unary.type = int_type(8, type.is_signed);
    fold(ast_, slot, fold_diags());
  }
}

// ++ and --. A map element starts at 0, whose sign is open.
void TypeResolver::step(Unary& unary) {
  auto* map = as<MapRef>(unary.operand);
  if (map && map->key) key(map->map, map->key, map->span);
  Slot* target = slot_of(*unary.operand);
  if (!target) {
    unary.type = error_type();
    return;
  }
  const Type current = target->type();
  unary.operand->type = current;
  const bool up = unary.op == UnaryOp::PreIncrement || unary.op == UnaryOp::PostIncrement;
  if (current.is(TypeKind::Pointer) || current.is(TypeKind::Error)) {
    unary.type = current;
    return;
  }
  if (!unknown(current) && !current.is(TypeKind::Int) && !current.is(TypeKind::Enum)) {
    diags()
        .report(unary.span, diag::bad_unary, step_spelling(unary.op), to_string(current))
        .note(target->set_at, "type set here");
    unary.type = error_type();
    return;
  }
  const bool open = unknown(current) || target->open.flexible;
  const bool result_signed = open || current.is_signed || !up;
  if (!target->fixed) {
    store(*target, {int_type(8, result_signed), open && up}, nullptr, unary.span, name_of(*unary.operand),
          map != nullptr);
  }
  unary.operand->type = target->type();
  unary.type = target->fixed ? target->type() : int_type(8, target->type().is_signed);
}

// `&$x`, `&@m`: where the variable stands, the map itself.
void TypeResolver::address_of(Unary& unary) {
  if (auto* variable = as<Variable>(unary.operand)) {
    const Type type = local(*variable).type();
    variable->type = type;
    // One that nothing is ever assigned to becomes an int8 (give_defaults).
    const Type target = type.is(TypeKind::None) ? int_type(1, true) : type;
    unary.type = !addresses_                ? Type{}
                 : type.is(TypeKind::Error) ? error_type()
                                            : pointer_type(target, AddressSpace::Kernel);
  } else if (auto* map = as<MapRef>(unary.operand)) {
    map->type = maps_[map->map].value.type();
    unary.type = void_pointer_type(AddressSpace::Kernel);
  } else {  // the grammar lets nothing else through
    unary.type = error_type();
  }
}

void TypeResolver::deref(Unary& unary) {
  Type type = operand_type(*unary.operand);
  if (unknown(type)) {
    unary.type = type;
  } else if (type.is_integer_like() && !type.is(TypeKind::Bool)) {
    // An address without type: eight bytes.
    auto* cast = ast_.make<Cast>(unary.operand->span);
    cast->operand = unary.operand;
    cast->implicit = true;
    cast->type = pointer_type(int_type(8, false), space_behind(type));
    if (reporting_) unary.operand = cast;
    unary.type = int_type(8, false);
  } else if (!type.is(TypeKind::Pointer)) {
    diags().report(unary.span, diag::not_a_pointer, to_string(type));
    unary.type = error_type();
  } else if (!type.target) {
    diags().report(unary.span, diag::void_pointer).hint("cast it to what it points to: `*(uint64*)p`");
    unary.type = error_type();
  } else {
    unary.type = type.target->is(TypeKind::Struct) ? complete(*type.target) : *type.target;
    unary.type.space = unary.type.is(TypeKind::Pointer) && unary.type.space != AddressSpace::Unknown
                           ? unary.type.space
                           : type.space;
  }
}

// ---------------------------------------------------------------- binary

Type TypeResolver::bad_operands(const Binary& binary, const Type& left, const Type& right) {
  const Span at = binary.op_span.end > binary.op_span.begin ? binary.op_span : binary.span;
  auto& message =
      diags().report(at, diag::bad_operands, spelling(binary.op), to_string(left), to_string(right));
  if (left.is_aggregate() || right.is_aggregate())
    message.hint("only count, sum, min, max and avg are numbers");
  return error_type();
}

void TypeResolver::warn_mixed_signs(const Binary& binary, const OpenType& left, const OpenType& right) {
  if (!left.type.is(TypeKind::Int) || !right.type.is(TypeKind::Int)) return;
  if (left.flexible || right.flexible || left.type.is_signed == right.type.is_signed) return;
  const Type& without = left.type.is_signed ? right.type : left.type;
  if (without.size < 8) return;  // a signed 64-bit type holds both
  const Span at = binary.op_span.end > binary.op_span.begin ? binary.op_span : binary.span;
  diags()
      .report(at, diag::mixed_signs, spelling(binary.op), to_string(left.type), to_string(right.type))
      .hint("cast one of them");
}

Type TypeResolver::comparison(Binary& binary, const OpenType& left, const OpenType& right) {
  const Type& l = left.type;
  const Type& r = right.type;
  const bool words = is_word(l) && is_word(r) && l.is(TypeKind::Bool) == r.is(TypeKind::Bool);
  if (words || (l.is_integer_like() && r.is_integer_like())) {
    warn_mixed_signs(binary, left, right);
    const bool pointers = l.is(TypeKind::Pointer) && r.is(TypeKind::Pointer);
    if (pointers && l.target && r.target && !same_type(*l.target, *r.target)) {
      diags().report(binary.span, diag::pointer_types_differ, to_string(l), to_string(r));
    }
    return bool_type();
  }
  if (is_ordering(binary.op)) {
    bad_operands(binary, l, r);
    return bool_type();
  }
  const bool strings = l.is(TypeKind::String) && r.is(TypeKind::String);
  if (strings) return bool_type();
  const bool alike = l.kind == r.kind && (same_bytes(l, r) || promote(left, right));
  if (!alike || !has_equality(l) || !has_equality(r)) {
    const Span at = binary.op_span.end > binary.op_span.begin ? binary.op_span : binary.span;
    diags().report(at, diag::comparison_mismatch, spelling(binary.op), to_string(l), to_string(r));
  }
  return bool_type();
}

Type TypeResolver::pointer_arithmetic(Binary& binary, const OpenType& left, const OpenType& right) {
  const bool left_pointer = left.type.is(TypeKind::Pointer);
  const Type& other = left_pointer ? right.type : left.type;
  const bool legal = binary.op == BinaryOp::Add || (binary.op == BinaryOp::Subtract && left_pointer);
  if (!legal || !other.is_integer_like()) return bad_operands(binary, left.type, right.type);
  return left_pointer ? left.type : right.type;
}

Type TypeResolver::arithmetic(Binary& binary, const OpenType& left, const OpenType& right) {
  if (left.type.is(TypeKind::Pointer) || right.type.is(TypeKind::Pointer)) {
    return pointer_arithmetic(binary, left, right);
  }
  if (!left.type.is_integer_like() || !right.type.is_integer_like()) {
    return bad_operands(binary, left.type, right.type);
  }
  if (left.type.is(TypeKind::Bool) && right.type.is(TypeKind::Bool)) return bool_type();
  if (binary.op == BinaryOp::Divide || binary.op == BinaryOp::Modulo) warn_mixed_signs(binary, left, right);
  if (binary.op == BinaryOp::Subtract) return int_type(8, true);
  const bool left_signed = left.type.is_signed && !left.flexible;
  const bool right_signed = right.type.is_signed && !right.flexible;
  const bool both_open = left.flexible && right.flexible;
  return int_type(8, left_signed || right_signed || both_open);
}

void TypeResolver::binary(Expr*& slot, Binary& binary) {
  if (is_logical(binary.op)) {
    condition(binary.left);
    condition(binary.right);
    binary.type = bool_type();
    return fold(ast_, slot, fold_diags());
  }
  const bool has_left = value(binary.left), has_right = value(binary.right);
  const OpenType left = operand(*binary.left), right = operand(*binary.right);
  if (!has_left || !has_right || unknown(left.type) || unknown(right.type)) {
    const bool failed =
        left.type.is(TypeKind::Error) || right.type.is(TypeKind::Error) || !has_left || !has_right;
    binary.type = is_comparison(binary.op) ? bool_type() : failed ? error_type() : Type{};
    return;
  }
  Expr* before = slot;
  fold(ast_, slot, fold_diags());
  if (slot == before) {
    binary.type =
        is_comparison(binary.op) ? comparison(binary, left, right) : arithmetic(binary, left, right);
  }
  if (slot->type.is(TypeKind::Int)) slot->type.space = space_of_sum(binary.op, left.type, right.type);
}

}  // namespace tracer::ast

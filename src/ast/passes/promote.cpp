#include "ast/passes/promote.h"

#include <algorithm>

namespace tracer::ast {
namespace {

// A type that grows without end, as in `@a = (@a, @a)`, is a conflict beyond this size.
constexpr uint32_t kLargestTuple = 1 << 16;

std::optional<OpenType> promote_strings(const OpenType& a, const OpenType& b) {
  return a.type.size >= b.type.size ? a : b;
}

OpenType element(const OpenType& tuple, size_t index) {
  const bool open = index < tuple.open_elements.size() && tuple.open_elements[index];
  return {(*tuple.type.fields)[index].type, open};
}

std::optional<OpenType> promote_tuples(const OpenType& a, const OpenType& b) {
  if (!a.type.fields || !b.type.fields || a.type.fields->size() != b.type.fields->size()) return std::nullopt;
  std::vector<Type> elements;
  std::vector<bool> open;
  for (size_t i = 0; i < a.type.fields->size(); ++i) {
    const auto one = promote(element(a, i), element(b, i));
    if (!one) return std::nullopt;
    elements.push_back(one->type);
    open.push_back(one->flexible);
  }
  OpenType result{tuple_type(std::move(elements)), false, std::move(open)};
  if (result.type.size > kLargestTuple) return std::nullopt;
  return result;
}

std::optional<size_t> find_field(const Type& record, const std::string& name) {
  for (size_t i = 0; i < record.fields->size(); ++i) {
    if ((*record.fields)[i].name == name) return i;
  }
  return std::nullopt;
}

// Fields meet by name; the order is that of the first.
std::optional<OpenType> promote_records(const OpenType& a, const OpenType& b) {
  if (!a.type.fields || !b.type.fields || a.type.fields->size() != b.type.fields->size()) return std::nullopt;
  std::vector<std::pair<std::string, Type>> elements;
  std::vector<bool> open;
  for (size_t i = 0; i < a.type.fields->size(); ++i) {
    const std::string& name = (*a.type.fields)[i].name;
    const auto other = find_field(b.type, name);
    if (!other) return std::nullopt;
    const auto one = promote(element(a, i), element(b, *other));
    if (!one) return std::nullopt;
    elements.emplace_back(name, one->type);
    open.push_back(one->flexible);
  }
  OpenType result{record_type(std::move(elements)), false, std::move(open)};
  if (result.type.size > kLargestTuple) return std::nullopt;
  return result;
}

// The structure behind `ctx` is known by its name alone until one of its fields is read.
bool same_struct(const Type& a, const Type& b) {
  const bool one_by_name = (a.size == 0) != (b.size == 0);
  return one_by_name && a.is(TypeKind::Struct) && b.is(TypeKind::Struct) && a.name == b.name;
}

std::optional<OpenType> promote_pointers(const OpenType& a, const OpenType& b) {
  const Type* left = a.type.target.get();
  const Type* right = b.type.target.get();
  const bool same =
      (!left && !right) || (left && right && (same_type(*left, *right) || same_struct(*left, *right)));
  if (!same) return std::nullopt;
  OpenType result = left && left->size == 0 ? b : a;
  if (a.type.space != b.type.space) result.type.space = AddressSpace::Unknown;
  return result;
}

bool same_stack(const Type& a, const Type& b) { return a.stack_mode == b.stack_mode && a.count == b.count; }

std::optional<OpenType> promote_same_kind(const OpenType& a, const OpenType& b) {
  switch (a.type.kind) {
    case TypeKind::Int:
      return promote_integers(a, b);
    case TypeKind::Enum:
      if (a.type.name == b.type.name) return a.type.size >= b.type.size ? a : b;
      return promote_integers(a, b);
    case TypeKind::String:
    case TypeKind::Buffer:
      return promote_strings(a, b);
    case TypeKind::Pointer:
      return promote_pointers(a, b);
    case TypeKind::Tuple:
      return promote_tuples(a, b);
    case TypeKind::Record:
      return promote_records(a, b);
    case TypeKind::KernelStack:
    case TypeKind::UserStack:
      return same_stack(a.type, b.type) ? std::optional(a) : std::nullopt;
    case TypeKind::Timestamp:
      return a.type.clock == b.type.clock ? std::optional(a) : std::nullopt;
    case TypeKind::Sum:
    case TypeKind::Min:
    case TypeKind::Max:
    case TypeKind::Avg:
    case TypeKind::Stats: {
      OpenType result = b.flexible ? a : b;
      if (!a.flexible && !b.flexible) result.type.is_signed = a.type.is_signed || b.type.is_signed;
      return result;
    }
    default:
      return same_type(a.type, b.type) ? std::optional(a) : std::nullopt;
  }
}

bool integer_or_enum(const Type& type) { return type.is(TypeKind::Int) || type.is(TypeKind::Enum); }

}  // namespace

bool is_signed(const Type& type) { return type.is_signed; }

OpenType open_type(const Expr& expr) {
  OpenType open{expr.type, expr.flexible_sign};
  if (const auto* tuple = as<TupleExpr>(&expr)) {
    for (const Expr* each : tuple->elements) open.open_elements.push_back(each->flexible_sign);
  } else if (const auto* record = as<RecordExpr>(&expr)) {
    for (const auto& [name, each] : record->elements) open.open_elements.push_back(each->flexible_sign);
  }
  return open;
}

OpenType promote_integers(const OpenType& a, const OpenType& b) {
  const uint32_t larger = std::max(a.type.size, b.type.size);
  const Type& sample = a.type;
  const ClockMode clock = sample.clock == b.type.clock ? sample.clock : ClockMode::Boot;
  auto make = [&](uint32_t size, bool is_signed, bool flexible) {
    Type type = int_type(size, is_signed);
    type.clock = clock;
    if (a.type.space == b.type.space) type.space = a.type.space;
    return OpenType{type, flexible};
  };
  // A flexible literal above 2^63-1 is uint64 already; its sign is not open.
  const bool a_open = a.flexible && a.type.is_signed, b_open = b.flexible && b.type.is_signed;
  if (a_open && b_open) return make(larger, true, true);
  if (a_open) return make(larger, b.type.is_signed, false);
  if (b_open) return make(larger, a.type.is_signed, false);
  if (a.type.is_signed == b.type.is_signed) return make(larger, a.type.is_signed, false);
  const Type& with_sign = a.type.is_signed ? a.type : b.type;
  const Type& without = a.type.is_signed ? b.type : a.type;
  if (with_sign.size > without.size) return make(with_sign.size, true, false);
  return make(std::min(8u, larger * 2), true, false);
}

std::optional<OpenType> promote(const OpenType& a, const OpenType& b) {
  if (a.type.is(TypeKind::Error) || b.type.is(TypeKind::None)) return a;
  if (b.type.is(TypeKind::Error) || a.type.is(TypeKind::None)) return b;
  if (a.type.kind == b.type.kind) return promote_same_kind(a, b);
  if (integer_or_enum(a.type) && integer_or_enum(b.type)) return promote_integers(a, b);
  return std::nullopt;
}

OpenType with_room(const OpenType& open) {
  constexpr uint32_t kRoomForText = 64;
  const Type& type = open.type;
  switch (type.kind) {
    case TypeKind::Int:
      return {int_type(8, type.is_signed), open.flexible};
    case TypeKind::String:
      return {string_type(std::max(type.size, kRoomForText)), open.flexible};
    case TypeKind::Tuple: {
      std::vector<Type> elements;
      for (size_t i = 0; i < type.fields->size(); ++i) elements.push_back(with_room(element(open, i)).type);
      return {tuple_type(std::move(elements)), open.flexible, open.open_elements};
    }
    default:
      return open;
  }
}

MergeResult merge(Slot& slot, const OpenType& value, Span at) {
  if (value.type.is(TypeKind::None) || value.type.is(TypeKind::Error)) return MergeResult::Same;
  if (!slot.known()) {
    slot.open = value;
    slot.set_at = at;
    return MergeResult::Changed;
  }
  const auto merged = promote(slot.open, value);
  if (!merged) return MergeResult::Conflict;
  const bool changed = !same_type(merged->type, slot.open.type) || merged->flexible != slot.open.flexible ||
                       merged->open_elements != slot.open.open_elements ||
                       merged->type.space != slot.open.type.space;
  if (changed) slot.open = *merged;
  return changed ? MergeResult::Changed : MergeResult::Same;
}

Type literal_type(uint64_t value) {
  if (value <= 0x7f) return int_type(1, true);
  if (value <= 0x7fff) return int_type(2, true);
  if (value <= 0x7fffffff) return int_type(4, true);
  if (value <= 0x7fffffffffffffff) return int_type(8, true);
  return int_type(8, false);
}

Type negative_literal_type(int64_t value) {
  if (value >= INT8_MIN) return int_type(1, true);
  if (value >= INT16_MIN) return int_type(2, true);
  if (value >= INT32_MIN) return int_type(4, true);
  return int_type(8, true);
}

uint64_t convert_constant(uint64_t bits, const Type& to) {
  if (to.is(TypeKind::Bool)) return bits != 0;
  switch (to.size) {
    case 1:
      return to.is_signed ? static_cast<uint64_t>(static_cast<int8_t>(bits)) : static_cast<uint8_t>(bits);
    case 2:
      return to.is_signed ? static_cast<uint64_t>(static_cast<int16_t>(bits)) : static_cast<uint16_t>(bits);
    case 4:
      return to.is_signed ? static_cast<uint64_t>(static_cast<int32_t>(bits)) : static_cast<uint32_t>(bits);
    default:
      return bits;
  }
}

bool constant_fits(uint64_t bits, const Type& from, const Type& to) {
  if (convert_constant(bits, to) != bits) return false;
  const bool high = (bits >> 63) != 0;
  return !high || from.is_signed == to.is_signed;
}

bool value_preserving(const Type& from, const Type& to) {
  if (!from.is_integer_like() || !to.is_integer_like()) return true;
  if (from.is(TypeKind::Bool)) return true;
  if (from.is_signed == to.is_signed) return to.size >= from.size;
  return to.is_signed && to.size > from.size;
}

}  // namespace tracer::ast

#include "runtime/map_order.h"

#include <compare>

#include "runtime/bytes.h"

namespace tracer {

namespace {

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int compare_signed(uint64_t a, uint64_t b) {
  return sign(static_cast<int64_t>(a) <=> static_cast<int64_t>(b));
}

std::string_view up_to_nul(Bytes bytes) {
  std::string_view text = as_text(bytes);
  return text.substr(0, text.find('\0'));
}

int compare_fields(const Type& type, Bytes a, Bytes b) {
  if (!type.fields) return 0;
  for (const Field& field : *type.fields) {
    int order = compare_keys(field.type, slice(a, field.offset, field.type.size),
                             slice(b, field.offset, field.type.size));
    if (order != 0) return order;
  }
  return 0;
}

}  // namespace

int compare_numbers(uint64_t a, uint64_t b, bool is_signed) {
  return is_signed ? compare_signed(a, b) : sign(a <=> b);
}

int compare_keys(const Type& type, Bytes a, Bytes b) {
  switch (type.kind) {
    case TypeKind::Bool:
    case TypeKind::Int:
    case TypeKind::Enum:
      return compare_signed(load_integer(type, a), load_integer(type, b));
    case TypeKind::String: {
      int order = up_to_nul(slice(a, 0, type.size)).compare(up_to_nul(slice(b, 0, type.size)));
      return order < 0 ? -1 : order > 0;
    }
    case TypeKind::Tuple:
    case TypeKind::Record:
      return compare_fields(type, a, b);
    case TypeKind::Pointer:
    case TypeKind::KernelSymbol:
      return sign(load_unsigned(a, 0, 8) <=> load_unsigned(b, 0, 8));
    default: {
      int order = as_text(a).compare(as_text(b));
      return order < 0 ? -1 : order > 0;
    }
  }
}

}  // namespace tracer

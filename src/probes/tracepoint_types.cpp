#include "probes/tracepoint_types.h"

#include "base/text.h"

namespace tracer {
namespace {

struct ElementSize {
  std::string_view type;
  uint32_t size;
};
// For arrays, whose element's size the format does not tell.
constexpr ElementSize kElementSizes[] = {
    {"u8", 1},
    {"__u8", 1},
    {"s8", 1},
    {"uint8_t", 1},
    {"unsigned char", 1},
    {"bool", 1},
    {"u16", 2},
    {"__u16", 2},
    {"s16", 2},
    {"__be16", 2},
    {"short", 2},
    {"unsigned short", 2},
    {"uint16_t", 2},
    {"u32", 4},
    {"__u32", 4},
    {"s32", 4},
    {"__be32", 4},
    {"int", 4},
    {"unsigned int", 4},
    {"uint32_t", 4},
    {"u64", 8},
    {"__u64", 8},
    {"s64", 8},
    {"long", 8},
    {"unsigned long", 8},
    {"uint64_t", 8},
};

// Qualifiers and `struct` taken off: what a pointer points to, or an array is made of.
std::string_view bare(std::string_view type) {
  for (;;) {
    type = trim(type);
    std::string_view before = type;
    for (std::string_view word : {"const ", "volatile ", "__user "})
      if (type.starts_with(word)) type.remove_prefix(word.size());
    for (std::string_view word : {" const", "*const", " __user", "*__user"})
      if (type.ends_with(word)) type.remove_suffix(word.size() - (word[0] == '*'));
    if (type == before) return type;
  }
}

// By name: `struct sock`, `char`, `u32`; None when it is not known.
Type named_type(std::string_view name, TypeDb& types) {
  name = bare(name);
  if (name == "void") return void_type();
  if (name == "char") return int_type(1, true);
  for (auto [prefix, tag] : {std::pair(std::string_view("struct "), TypeDb::Tag::Struct),
                             std::pair(std::string_view("union "), TypeDb::Tag::Union),
                             std::pair(std::string_view("enum "), TypeDb::Tag::Enum)})
    if (name.starts_with(prefix)) return types.find(tag, trim(name.substr(prefix.size()))).value_or(Type());
  for (const ElementSize& row : kElementSizes)
    if (name == row.type) return int_type(row.size, name[0] == 's' || name[0] == 'i' || name[0] == 'l');
  return types.find(TypeDb::Tag::Any, name).value_or(Type());
}

Type pointer_field(std::string_view type, AddressSpace space, TypeDb& types) {
  type = bare(type.substr(0, type.rfind('*')));
  if (type.ends_with('*')) return pointer_type(pointer_field(type, space, types), space);
  Type target = named_type(type, types);
  bool known = !target.is(TypeKind::None) && !target.is(TypeKind::Void);
  return known ? pointer_type(std::move(target), space) : void_pointer_type(space);
}

Type array_field(const TracepointField& field, TypeDb& types) {
  if (field.type == "char") return string_type(field.size);
  Type element = named_type(field.type, types);
  if (element.size == 0 || element.is(TypeKind::None)) element = int_type(1, field.is_signed);
  if (element.is(TypeKind::Int)) element.is_signed = field.is_signed;
  return array_type(element, field.size / element.size);
}

bool is_integer_size(uint32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

}  // namespace

Type syscall_argument_type(const TracepointField& field, TypeDb& types) {
  std::string_view type = bare(field.type);
  if (type.ends_with('*')) return pointer_field(type, AddressSpace::User, types);
  Type named = named_type(type, types);
  const bool scalar = named.is_integer_like() && is_integer_size(named.size);
  return scalar ? named : int_type(8, field.is_signed);
}

Type tracepoint_field_type(const TracepointField& field, AddressSpace space, TypeDb& types) {
  // The data lies in the record, which is the kernel's memory whatever the category.
  if (field.data_location) {
    Type element = named_type(std::string_view(field.type).substr(0, field.type.find('[')), types);
    if (element.is(TypeKind::None) || element.is(TypeKind::Void)) element = int_type(1, true);
    return pointer_type(std::move(element), AddressSpace::Kernel);
  }
  if (field.is_array) return array_field(field, types);
  if (field.type.ends_with('*')) return pointer_field(field.type, space, types);
  if (field.type == "bool" && field.size == 1) return bool_type();
  if (field.type.starts_with("struct ") || field.type.starts_with("union "))
    return named_type(field.type, types);
  if (is_integer_size(field.size)) return int_type(field.size, field.is_signed);
  return named_type(field.type, types);
}

}  // namespace tracer

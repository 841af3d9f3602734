#include "plan/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tracer {

std::string_view kind_name(TypeKind kind) {
  static constexpr std::string_view kNames[] = {
#define TYPE_KIND(name, text) text,
      TRACER_TYPE_KINDS(TYPE_KIND)
#undef TYPE_KIND
  };
  return kNames[static_cast<size_t>(kind)];
}

namespace {

Type make(TypeKind kind, uint32_t size, bool is_signed = false) {
  Type type;
  type.kind = kind;
  type.size = size;
  type.is_signed = is_signed;
  return type;
}

uint32_t align_up(uint32_t offset, uint32_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

Type lay_out(TypeKind kind, std::vector<Field> fields) {
  uint32_t offset = 0, widest = 1;
  for (Field& field : fields) {
    uint32_t align = alignment(field.type);
    offset = align_up(offset, align);
    field.offset = offset;
    offset += field.type.size;
    widest = std::max(widest, align);
  }
  Type type = make(kind, align_up(offset, widest));
  type.fields = std::make_shared<const std::vector<Field>>(std::move(fields));
  return type;
}

}  // namespace

Type void_type() { return make(TypeKind::Void, 0); }
Type error_type() { return make(TypeKind::Error, 0); }
Type bool_type() { return make(TypeKind::Bool, 1); }
Type int_type(uint32_t bytes, bool is_signed) { return make(TypeKind::Int, bytes, is_signed); }
Type string_type(uint32_t bytes_with_nul) { return make(TypeKind::String, bytes_with_nul); }
Type buffer_type(uint32_t capacity) { return make(TypeKind::Buffer, capacity + 4); }

Type pointer_type(Type target, AddressSpace space) {
  Type type = make(TypeKind::Pointer, 8);
  type.space = space;
  if (!target.is(TypeKind::Void)) type.target = std::make_shared<const Type>(std::move(target));
  return type;
}

Type void_pointer_type(AddressSpace space) { return pointer_type(void_type(), space); }

Type array_type(Type element, uint32_t count) {
  Type type = make(TypeKind::Array, element.size * count);
  type.count = count;
  type.target = std::make_shared<const Type>(std::move(element));
  return type;
}

Type tuple_type(std::vector<Type> elements) {
  std::vector<Field> fields;
  for (Type& element : elements) fields.push_back({"", std::move(element)});
  return lay_out(TypeKind::Tuple, std::move(fields));
}

Type record_type(std::vector<std::pair<std::string, Type>> elements) {
  std::vector<Field> fields;
  for (auto& [name, type] : elements) fields.push_back({name, std::move(type)});
  return lay_out(TypeKind::Record, std::move(fields));
}

Type stack_type(TypeKind kind, StackMode mode, uint32_t limit) {
  uint32_t header = kind == TypeKind::UserStack ? 16 : 8;
  uint32_t frame = mode == StackMode::BuildId ? kBuildIdFrameSize : 8;
  Type type = make(kind, header + frame * limit);
  type.stack_mode = mode;
  type.count = limit;
  return type;
}

Type kernel_symbol_type() { return make(TypeKind::KernelSymbol, 8); }
Type user_symbol_type() { return make(TypeKind::UserSymbol, 16); }
Type inet_type() { return make(TypeKind::Inet, 24); }
Type mac_type() { return make(TypeKind::MacAddress, 6); }
Type username_type() { return make(TypeKind::Username, 8); }
Type cgroup_path_type() { return make(TypeKind::CgroupPath, 16); }

Type timestamp_type(ClockMode clock) {
  Type type = make(TypeKind::Timestamp, 16);
  type.clock = clock;
  return type;
}

Type aggregate_type(TypeKind kind, bool is_signed) { return make(kind, 8, is_signed); }

uint32_t alignment(const Type& type) {
  switch (type.kind) {
    case TypeKind::Bool:
    case TypeKind::Int:
    case TypeKind::Enum:
      return std::max<uint32_t>(type.size, 1);
    case TypeKind::String:
    case TypeKind::MacAddress:
    case TypeKind::Void:
    case TypeKind::None:
    case TypeKind::Error:
      return 1;
    case TypeKind::Buffer:
      return 4;
    case TypeKind::Array:
      return type.target ? alignment(*type.target) : 1;
    case TypeKind::Tuple:
    case TypeKind::Record: {
      uint32_t widest = 1;
      if (type.fields)
        for (const Field& field : *type.fields) widest = std::max(widest, alignment(field.type));
      return widest;
    }
    default:
      return 8;
  }
}

bool same_type(const Type& a, const Type& b) {
  if (a.kind != b.kind || a.size != b.size || a.is_signed != b.is_signed) return false;
  if (a.name != b.name || a.count != b.count) return false;
  if (a.is_stack() && a.stack_mode != b.stack_mode) return false;
  if (a.is(TypeKind::Timestamp) && a.clock != b.clock) return false;
  if ((a.target == nullptr) != (b.target == nullptr)) return false;
  if (a.target && !same_type(*a.target, *b.target)) return false;
  if (!a.is(TypeKind::Tuple) && !a.is(TypeKind::Record)) return true;
  if (!a.fields || !b.fields) return a.fields == b.fields;
  return std::equal(
      a.fields->begin(), a.fields->end(), b.fields->begin(), b.fields->end(),
      [](const Field& x, const Field& y) { return x.name == y.name && same_type(x.type, y.type); });
}

namespace {

std::string fields_text(const Type& type) {
  std::string text;
  if (!type.fields) return text;
  bool record = type.is(TypeKind::Record);
  for (const Field& field : *type.fields) {
    if (!text.empty()) text += record ? ", " : ",";
    text += record ? fmt::format(".{} = {}", field.name, to_string(field.type)) : to_string(field.type);
  }
  return text;
}

std::string_view mode_name(StackMode mode) {
  static constexpr std::string_view kNames[] = {"bpftrace", "perf", "raw", "build_id"};
  return kNames[static_cast<size_t>(mode)];
}

}  // namespace

std::string to_string(const Type& type) {
  switch (type.kind) {
    case TypeKind::Int:
      return fmt::format("{}int{}", type.is_signed ? "" : "u", type.size * 8);
    case TypeKind::Enum:
      return "enum " + type.name;
    case TypeKind::String:
    case TypeKind::Inet:
      return fmt::format("{}[{}]", kind_name(type.kind), type.size);
    case TypeKind::Buffer:
      return fmt::format("buffer[{}]", type.size - 4);
    case TypeKind::Pointer:
      return (type.target ? to_string(*type.target) : "void") + " *";
    case TypeKind::Array:
      return fmt::format("{}[{}]", type.target ? to_string(*type.target) : "?", type.count);
    case TypeKind::Struct:
      return (type.is_union ? "union " : "struct ") + type.name;
    case TypeKind::Tuple:
      return fmt::format("({})", fields_text(type));
    case TypeKind::Record:
      return fmt::format("record {{ {} }}", fields_text(type));
    case TypeKind::KernelStack:
    case TypeKind::UserStack:
      return fmt::format("{}_{}_{}", kind_name(type.kind), mode_name(type.stack_mode), type.count);
    case TypeKind::Sum:
    case TypeKind::Min:
    case TypeKind::Max:
    case TypeKind::Avg:
    case TypeKind::Stats:
      return fmt::format("{}{}", type.is_signed ? "" : "u", kind_name(type.kind));
    default:
      return std::string(kind_name(type.kind));
  }
}

}  // namespace tracer

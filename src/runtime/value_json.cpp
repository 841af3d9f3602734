#include "runtime/bytes.h"
#include "runtime/json_text.h"
#include "runtime/values.h"

namespace tracer {

namespace {

void append_integer(std::string& out, const Type& type, Bytes bytes) {
  uint64_t value = load_integer(type, bytes);
  if (type.is_signed) {
    append_json_number(out, static_cast<int64_t>(value));
  } else {
    append_json_number(out, value);
  }
}

void append_array(std::string& out, const Type& type, Bytes bytes, const ValueContext& context) {
  out += '[';
  for (uint32_t i = 0; type.target && i < type.count; ++i) {
    if (i > 0) out += ',';
    append_value_json(out, *type.target, slice(bytes, size_t{i} * type.target->size, type.target->size),
                      context);
  }
  out += ']';
}

void append_buffer(std::string& out, const Type& type, Bytes bytes) {
  out += '[';
  bool first = true;
  for (std::byte byte : buffer_bytes(type, bytes)) {
    if (!first) out += ',';
    first = false;
    append_json_number(out, static_cast<uint64_t>(byte));
  }
  out += ']';
}

void append_tuple(std::string& out, const Type& type, Bytes bytes, const ValueContext& context) {
  out += '[';
  bool first = true;
  if (type.fields) {
    for (const Field& field : *type.fields) {
      if (!first) out += ',';
      first = false;
      append_value_json(out, field.type, slice(bytes, field.offset, field.type.size), context);
    }
  }
  out += ']';
}

void append_record(std::string& out, const Type& type, Bytes bytes, const ValueContext& context) {
  out += '{';
  bool first = true;
  if (type.fields) {
    for (const Field& field : *type.fields) {
      if (!first) out += ", ";
      first = false;
      FieldValue value;
      load_field(field, bytes, value);
      append_json_string(out, field.name);
      out += ": ";
      append_value_json(out, field.type, value.bytes, context);
    }
  }
  out += '}';
}

}  // namespace

void append_value_json(std::string& out, const Type& type, Bytes bytes, const ValueContext& context) {
  switch (type.kind) {
    case TypeKind::Bool:
      out += load_unsigned(bytes, 0, type.size) ? "true" : "false";
      break;
    case TypeKind::Int:
    case TypeKind::Enum:
    case TypeKind::Count:
    case TypeKind::Sum:
    case TypeKind::Min:
    case TypeKind::Max:
    case TypeKind::Avg:
      append_integer(out, type, bytes);
      break;
    case TypeKind::Pointer:
      append_json_number(out, load_unsigned(bytes, 0, 8));
      break;
    case TypeKind::Array:
      append_array(out, type, bytes, context);
      break;
    case TypeKind::Buffer:
      append_buffer(out, type, bytes);
      break;
    case TypeKind::Tuple:
      append_tuple(out, type, bytes, context);
      break;
    case TypeKind::Record:
    case TypeKind::Struct:
      append_record(out, type, bytes, context);
      break;
    case TypeKind::None:
    case TypeKind::Void:
    case TypeKind::Error:
      out += "null";
      break;
    default:
      append_json_string(out, value_text(type, bytes, context));
  }
}

}  // namespace tracer

// Buffers, addresses of networks and other runs of bytes (LANGUAGE 6.3, 6.4).
#include <arpa/inet.h>

#include <algorithm>

#include "ast/diagnostics.h"
#include "ast/limits.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {
namespace {

constexpr uint32_t kBufferLength = 4;  // what stands before a buffer's bytes
constexpr uint32_t kMac = 6, kIpv4 = 4, kIpv6 = 16;

// A length that is known at compile time, `most` at most; empty after a report or when it is not known.
std::optional<uint64_t> constant_length(BuiltinUse& use, size_t index, TypeResolver& types) {
  if (!integer_argument(use, index, types)) return std::nullopt;
  const Expr& length = *use.args[index];
  if (!length.constant) return std::nullopt;
  if (length.type.is_signed && static_cast<int64_t>(*length.constant) < 0) {
    types.diags().report(length.span, diag::negative_literal, use.builtin.name,
                         static_cast<int64_t>(*length.constant));
    return std::nullopt;
  }
  return length.constant;
}

bool has_size(const Type& type) { return type.is(TypeKind::Array) || type.is(TypeKind::String); }

// A value that is a run of bytes in memory.
bool is_bytes(const Type& type) {
  return has_size(type) || type.is(TypeKind::Struct) || type.is(TypeKind::Inet) ||
         type.is(TypeKind::MacAddress) || type.is(TypeKind::Buffer);
}

// Structs are looked up by need; their size is wanted here.
Type sized(const Type& type, TypeResolver& types) {
  return type.is(TypeKind::Struct) ? types.complete(type) : type;
}

}  // namespace

Type type_buf(BuiltinUse& use, TypeResolver& types) {
  const uint32_t max_strlen = types.config().max_strlen;
  const uint32_t most = max_strlen > kBufferLength ? max_strlen - kBufferLength : 0;
  const Type any = buffer_type(most);
  if (!types.value(use.args[0])) return any;
  const Type source = use.args[0]->type;
  if (unknown(source)) return any;
  const bool address = source.is(TypeKind::Pointer) || source.is(TypeKind::Int);
  if (!address && !has_size(source)) {
    types.diags().report(use.args[0]->span, diag::buf_of, to_string(source));
    return error_type();
  }
  if (use.args.size() == 1) {
    if (address) {
      types.diags().report(use.span, diag::buf_length).hint("write `buf(pointer, bytes)`");
      return error_type();
    }
    return buffer_type(std::min(source.size, most));
  }
  const auto length = constant_length(use, 1, types);
  const uint32_t room = has_size(source) ? std::min(source.size, most) : most;
  return buffer_type(static_cast<uint32_t>(std::min<uint64_t>(length.value_or(room), room)));
}

// Compared are values as they lie in memory, and what pointers point to.
Type type_memcmp(BuiltinUse& use, TypeResolver& types) {
  const Type result = int_type(8, true);
  const auto length = constant_length(use, 2, types);
  for (size_t i = 0; i < 2; ++i) {
    if (!types.value(use.args[i])) continue;
    const Type type = sized(use.args[i]->type, types);
    if (unknown(type) || type.is(TypeKind::Pointer)) continue;
    const bool comparable =
        is_bytes(type) || type.is_integer_like() || type.is(TypeKind::Tuple) || type.is(TypeKind::Record);
    if (!comparable) {
      types.diags().report(use.args[i]->span, diag::memcmp_of, to_string(type));
    } else if (length && *length > type.size) {
      types.diags().report(use.args[i]->span, diag::memcmp_length, *length, to_string(type), type.size);
    }
  }
  const bool pointers = use.args[0]->type.is(TypeKind::Pointer) || use.args[1]->type.is(TypeKind::Pointer);
  if (pointers && length && *length > kMostCompared) {
    types.diags().report(use.args[2]->span, diag::memcmp_too_long, *length, kMostCompared);
  }
  return result;
}

Type type_bswap(BuiltinUse& use, TypeResolver& types) {
  if (!integer_argument(use, 0, types)) return int_type(8, false);
  return int_type(TypeResolver::operand_type(*use.args[0]).size, false);
}

Type type_is_err(BuiltinUse& use, TypeResolver& types) {
  if (!types.value(use.args[0])) return bool_type();
  const Type& type = use.args[0]->type;
  if (!unknown(type) && !type.is(TypeKind::Pointer) && !type.is(TypeKind::Int)) {
    types.diags().report(use.args[0]->span, diag::address_expected, "is_err", to_string(type));
  }
  return bool_type();
}

Type type_macaddr(BuiltinUse& use, TypeResolver& types) {
  if (!types.value(use.args[0])) return mac_type();
  const Type type = sized(use.args[0]->type, types);
  if (unknown(type) || type.is(TypeKind::Pointer)) return mac_type();
  if (!is_bytes(type) || type.size < kMac) {
    types.diags().report(use.args[0]->span, diag::macaddr_of, to_string(type));
    return error_type();
  }
  return mac_type();
}

Type type_ntop(BuiltinUse& use, TypeResolver& types) {
  const size_t address = use.args.size() - 1;
  if (address == 1) integer_argument(use, 0, types);
  if (!types.value(use.args[address])) return inet_type();
  const Type type = sized(use.args[address]->type, types);
  if (unknown(type) || type.is(TypeKind::Int)) return inet_type();
  const bool bytes = has_size(type) || type.is(TypeKind::Struct);
  if (!bytes || (type.size != kIpv4 && type.size != kIpv6)) {
    auto& message = types.diags().report(use.args[address]->span, diag::ntop_of, to_string(type));
    if (type.is(TypeKind::Pointer)) message.hint("read what it points to: `*p`, or one of its fields");
    return error_type();
  }
  return inet_type();
}

Type type_pton(BuiltinUse& use, TypeResolver& types) {
  const Type byte = int_type(1, false);
  const StringLiteral* text = text_argument(use, 0, types);
  if (!text) return array_type(byte, kIpv4);
  const bool v6 = text->value.find(':') != std::string::npos;
  unsigned char address[kIpv6];
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text->value.c_str(), address) != 1) {
    types.diags().report(use.args[0]->span, diag::pton_text, text->value);
    return error_type();
  }
  return array_type(byte, v6 ? kIpv6 : kIpv4);
}

}  // namespace tracer::ast

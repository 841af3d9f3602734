// Strings and texts of times (LANGUAGE 6.3, 8.5).
#include <algorithm>

#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {
namespace {

bool is_bytes(const Type& type) {
  return type.is(TypeKind::Array) && type.target && type.target->is(TypeKind::Int) && type.target->size == 1;
}

bool can_hold_string(const Type& type) {
  return type.is(TypeKind::Pointer) || type.is(TypeKind::Int) || type.is(TypeKind::String) ||
         is_bytes(type) || unknown(type);
}

}  // namespace

Type type_str(BuiltinUse& use, TypeResolver& types) {
  const uint32_t most = types.config().max_strlen;
  if (!types.value(use.args[0])) return string_type(most);
  const Type& source = use.args[0]->type;
  if (!can_hold_string(source)) {
    types.diags().report(use.args[0]->span, diag::str_of, to_string(source));
    return error_type();
  }
  uint32_t size = most;
  if (use.args.size() > 1 && integer_argument(use, 1, types) && use.args[1]->constant) {
    const uint64_t length = *use.args[1]->constant;
    if (use.args[1]->type.is_signed && static_cast<int64_t>(length) < 0) {
      types.diags().report(use.args[1]->span, diag::negative_literal, "str", static_cast<int64_t>(length));
      return error_type();
    }
    size = static_cast<uint32_t>(std::min<uint64_t>(length + 1, most));
  }
  if (source.is(TypeKind::String)) size = std::min(size, source.size);
  return string_type(size);
}

void replace_by_text(Expr*& slot, TypeResolver& types) {
  auto* call = as<Call>(slot);
  if (!call || !call->builtin || call->builtin->id != BuiltinId::str_) return;
  Expr* source = call->args[0];
  if (!source->type.is(TypeKind::String)) return;
  if (call->args.size() == 1) {
    slot = source;
    return;
  }
  auto* literal = as<StringLiteral>(source);
  if (!literal || !call->args[1]->constant) return;
  auto* cut = types.ast().copy(*literal);
  cut->value = literal->value.substr(0, std::min<uint64_t>(*call->args[1]->constant, literal->value.size()));
  cut->type = string_type(static_cast<uint32_t>(cut->value.size()) + 1);
  slot = cut;
}

Type type_strftime(BuiltinUse& use, TypeResolver& types) {
  text_argument(use, 0, types);
  if (!integer_argument(use, 1, types)) return timestamp_type(ClockMode::Boot);
  const Expr& moment = *use.args[1];
  if (moment.constant && moment.type.is_signed && static_cast<int64_t>(*moment.constant) < 0) {
    types.diags().report(moment.span, diag::negative_literal, "strftime",
                         static_cast<int64_t>(*moment.constant));
  }
  if (moment.type.clock == ClockMode::Monotonic) {
    types.diags().report(moment.span, diag::strftime_monotonic).hint("use `nsecs` or `nsecs(boot)`");
  }
  return timestamp_type(moment.type.clock);
}

// ---------------------------------------------------------------- looking into strings

namespace {

constexpr uint32_t kConcatenated = 1024;  // bytes of what str_concat() gives
constexpr uint32_t kNameText = 64;        // bytes of what strerror() and its relatives give

// Types an argument that must be a string; false when it is none.
bool string_argument(BuiltinUse& use, size_t index, TypeResolver& types) {
  if (!types.value(use.args[index]) || unknown(use.args[index]->type)) return false;
  const Type& type = use.args[index]->type;
  if (type.is(TypeKind::String)) return true;
  auto& message =
      types.diags().report(use.args[index]->span, diag::string_expected, use.builtin.name, to_string(type));
  if (can_hold_string(type)) message.hint("`str()` reads a string from it");
  return false;
}

void two_strings(BuiltinUse& use, TypeResolver& types) {
  string_argument(use, 0, types);
  string_argument(use, 1, types);
}

Type name_of_number(BuiltinUse& use, TypeResolver& types) {
  integer_argument(use, 0, types);
  return string_type(kNameText);
}

}  // namespace

Type type_strlen(BuiltinUse& use, TypeResolver& types) {
  string_argument(use, 0, types);
  return int_type(8, false);
}

Type type_strstr(BuiltinUse& use, TypeResolver& types) {
  two_strings(use, types);
  return int_type(8, true);
}

Type type_strcontains(BuiltinUse& use, TypeResolver& types) {
  two_strings(use, types);
  return bool_type();
}

Type type_str_concat(BuiltinUse& use, TypeResolver& types) {
  two_strings(use, types);
  return string_type(kConcatenated);
}

Type type_strncmp(BuiltinUse& use, TypeResolver& types) {
  two_strings(use, types);
  literal_argument(use, 2, types);
  return int_type(8, false);
}

Type type_strerror(BuiltinUse& use, TypeResolver& types) { return name_of_number(use, types); }
Type type_signal_name(BuiltinUse& use, TypeResolver& types) { return name_of_number(use, types); }
Type type_syscall_name(BuiltinUse& use, TypeResolver& types) { return name_of_number(use, types); }

}  // namespace tracer::ast

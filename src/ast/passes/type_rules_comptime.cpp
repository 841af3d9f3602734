// Functions that are answered while compiling (LANGUAGE 6.1 to 6.4).
#include <fmt/format.h>

#include "ast/diagnostics.h"
#include "ast/passes/config_values.h"
#include "ast/passes/fold_constants.h"
#include "ast/passes/type_rules.h"
#include "base/text.h"
#include "plan/format.h"
#include "probes/kernel_calls.h"

namespace tracer::ast {
namespace {

Type answer(BuiltinUse& use, TypeResolver& types, bool value) {
  use.replacement = make_bool(types.ast(), use.span, value);
  return bool_type();
}

Type answer(BuiltinUse& use, TypeResolver& types, std::string text) {
  use.replacement = make_string(types.ast(), use.span, std::move(text));
  return use.replacement->type;
}

bool is_bytes(const Type& type) {
  return type.is(TypeKind::Array) && type.target && type.target->is(TypeKind::Int) && type.target->size == 1;
}

// Asks `test` of the argument's type as soon as it is known.
template <typename Test>
Type about_type(BuiltinUse& use, TypeResolver& types, Test test) {
  types.expr(use.args[0]);
  const Type type = TypeResolver::operand_type(*use.args[0]);
  if (type.is(TypeKind::Error)) return type;
  return type.is(TypeKind::None) ? bool_type() : answer(use, types, test(type));
}

// The text of fail() and what stands for its conversions.
std::optional<std::string> literal_text(const Expr& argument) {
  if (const auto* text = as<StringLiteral>(&argument)) return text->value;
  if (const auto* flag = as<BoolLiteral>(&argument)) return flag->value ? "true" : "false";
  if (!argument.constant) return std::nullopt;
  return argument.type.is_signed ? fmt::format("{}", static_cast<int64_t>(*argument.constant))
                                 : fmt::format("{}", *argument.constant);
}

std::string converted(const FormatPiece& piece, const Expr& argument, const std::string& text) {
  if (!argument.constant) return text;
  switch (piece.conversion) {
    case Conversion::HexLower:
      return fmt::format("{:x}", *argument.constant);
    case Conversion::HexUpper:
      return fmt::format("{:X}", *argument.constant);
    case Conversion::Octal:
      return fmt::format("{:o}", *argument.constant);
    case Conversion::Pointer:
      return fmt::format("{:#x}", *argument.constant);
    default:
      return text;
  }
}

// Empty after a report.
std::optional<std::string> formatted(BuiltinUse& use, const std::string& text, TypeResolver& types) {
  FormatError error;
  const Format format = parse_format(text, error);
  if (!error.message.empty()) {
    types.diags().report(use.args[0]->span, diag::bad_format, error.message);
    return std::nullopt;
  }
  const size_t expected = conversions(format), supplied = use.args.size() - 1;
  if (expected != supplied) {
    types.diags().report(use.span, supplied < expected ? diag::format_too_few : diag::format_too_many,
                         supplied, expected);
    return std::nullopt;
  }
  std::string result;
  size_t next = 1;
  for (const FormatPiece& piece : format) {
    if (piece.conversion == Conversion::Text) {
      result += piece.text;
      continue;
    }
    const Expr& argument = *use.args[next++];
    const auto value = literal_text(argument);
    if (!value) {
      if (!unknown(argument.type))
        types.diags().report(argument.span, diag::literal_expected, use.builtin.name, "a",
                             kind_name(argument.type.kind));
      return std::nullopt;
    }
    result += converted(piece, argument, *value);
  }
  return result;
}

}  // namespace

// ---------------------------------------------------------------- about the run

Type type_has_cpid(BuiltinUse& use, TypeResolver& types) {
  return answer(use, types, use.node.constant.value_or(0) != 0);
}

Type type_probetype(BuiltinUse& use, TypeResolver& types) {
  switch (types.context().provider) {
    case Provider::Begin:
    case Provider::End:
    case Provider::Self:
      return answer(use, types, std::string("special"));
    case Provider::Bench:
      return answer(use, types, std::string("benchmark"));
    default:
      return answer(use, types, std::string(provider_info(types.context().provider).name));
  }
}

Type type_config(BuiltinUse& use, TypeResolver& types) {
  auto* record = types.ast().make<RecordExpr>(use.span);
  for (const ConfigValue& each : config_values(types.config())) {
    Expr* value = nullptr;
    if (const auto* flag = std::get_if<bool>(&each.value)) {
      value = make_bool(types.ast(), use.span, *flag);
    } else if (const auto* number = std::get_if<uint64_t>(&each.value)) {
      value = make_int(types.ast(), use.span, *number);
    } else {
      value = make_string(types.ast(), use.span, std::get<std::string>(each.value));
    }
    record->elements.emplace_back(each.name, value);
  }
  use.replacement = record;
  return {};
}

bool unknown_setting(FieldAccess& access, TypeResolver& types) {
  const auto* name = as<Identifier>(access.object);
  if (!name || !name->builtin || name->builtin->id != BuiltinId::config_) return false;
  std::vector<std::string> names;
  for (const ConfigValue& each : config_values(types.config())) {
    if (each.name == access.field) return false;
    names.emplace_back(each.name);
  }
  types.diags()
      .report(access.field_span, diag::config_unknown, access.field)
      .hint(did_you_mean(access.field, names));
  access.type = error_type();
  return true;
}

Type type_default_str_length(BuiltinUse& use, TypeResolver& types) {
  use.replacement = make_typed_int(types.ast(), use.span, types.config().max_strlen, int_type(8, false));
  return int_type(8, false);
}

// ---------------------------------------------------------------- about an expression

Type type_is_str(BuiltinUse& use, TypeResolver& types) {
  return about_type(use, types, [](const Type& type) { return type.is(TypeKind::String); });
}
Type type_is_ptr(BuiltinUse& use, TypeResolver& types) {
  return about_type(use, types, [](const Type& type) { return type.is(TypeKind::Pointer); });
}
Type type_is_array(BuiltinUse& use, TypeResolver& types) {
  return about_type(use, types, [](const Type& type) { return type.is(TypeKind::Array); });
}
Type type_is_integer(BuiltinUse& use, TypeResolver& types) {
  return about_type(use, types, [](const Type& type) { return type.is(TypeKind::Int); });
}

// The sign of a variable may change until types have settled.
Type type_is_unsigned_integer(BuiltinUse& use, TypeResolver& types) {
  types.expr(use.args[0]);
  const Type type = TypeResolver::operand_type(*use.args[0]);
  if (type.is(TypeKind::Error)) return type;
  if (type.is(TypeKind::None) || !types.deciding()) return bool_type();
  return answer(use, types, type.is(TypeKind::Int) && !type.is_signed);
}

Type type_is_literal(BuiltinUse& use, TypeResolver& types) {
  types.expr(use.args[0]);
  const Expr* argument = use.args[0];
  if (argument->type.is(TypeKind::Error)) return argument->type;
  return answer(use, types,
                as<IntLiteral>(argument) || as<StringLiteral>(argument) || as<BoolLiteral>(argument));
}

Type type_assert_str(BuiltinUse& use, TypeResolver& types) {
  types.expr(use.args[0]);
  const Type& type = use.args[0]->type;
  if (!unknown(type) && !type.is(TypeKind::String) && !is_bytes(type))
    types.diags().report(use.args[0]->span, diag::assert_str_failed, to_string(type));
  return void_type();
}

Type type_strcap(BuiltinUse& use, TypeResolver& types) {
  if (!types.value(use.args[0])) return int_type(8, true);
  const Type& type = use.args[0]->type;
  uint64_t size = type.size;
  if (type.is(TypeKind::Pointer)) {
    size = types.config().max_strlen;
  } else if (!unknown(type) && !type.is(TypeKind::String) && !is_bytes(type)) {
    types.diags().report(use.args[0]->span, diag::strcap_of, to_string(type));
    return error_type();
  }
  // A string may still grow.
  if (!unknown(type) && types.deciding())
    use.replacement = make_typed_int(types.ast(), use.span, size, int_type(8, true));
  return int_type(8, true);
}

// ---------------------------------------------------------------- errors that scripts make

Type type_fail(BuiltinUse& use, TypeResolver& types) {
  const StringLiteral* text = text_argument(use, 0, types);
  for (size_t i = 1; i < use.args.size(); ++i) types.value(use.args[i]);
  if (!text || !types.reporting()) return void_type();
  if (const auto words = formatted(use, text->value, types))
    types.diags().report(use.span, diag::script_failed, *words);
  return void_type();
}

Type type_static_assert(BuiltinUse& use, TypeResolver& types) {
  types.value(use.args[0]);
  const StringLiteral* text = text_argument(use, 1, types);
  const Expr& condition = *use.args[0];
  if (!text || unknown(condition.type)) return void_type();
  if (!condition.constant) {
    types.diags().report(condition.span, diag::not_comptime);
  } else if (*condition.constant == 0) {
    types.diags().report(use.span, diag::static_assert_failed, text->value);
  }
  return void_type();
}

// ---------------------------------------------------------------- kernel functions

Type type_kfunc_exist(BuiltinUse& use, TypeResolver& types) {
  const StringLiteral* name = text_argument(use, 0, types);
  if (!name) return bool_type();
  types.rely_on(NeedKind::Callable, name->value, "", use.span);
  return answer(use, types, callable_exists(name->value, types.types()));
}

Type type_kfunc_allowed(BuiltinUse& use, TypeResolver& types) {
  const StringLiteral* name = text_argument(use, 0, types);
  if (!name) return bool_type();
  types.rely_on(NeedKind::Callable, name->value, provider_info(types.context().provider).name, use.span);
  return answer(use, types,
                callable_in(types.context().provider, name->value, types.types()).value_or(false));
}

// Replaced by its value before types are known (expand_options).
Type type_getopt(BuiltinUse&, TypeResolver&) { return error_type(); }

}  // namespace tracer::ast

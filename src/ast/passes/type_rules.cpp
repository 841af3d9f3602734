#include "ast/passes/type_rules.h"

#include <array>

#include "ast/diagnostics.h"

namespace tracer::ast {

TypeRule type_rule(const Builtin& builtin) {
  static constexpr std::array<TypeRule, static_cast<size_t>(BuiltinId::Count_)> kRules = {
#define BUILTIN(name, form, min, max, signature, type_rule, ...) type_rule,
#include "ast/builtins.def"
#undef BUILTIN
  };
  return kRules[static_cast<size_t>(builtin.id)];
}

bool integer_argument(BuiltinUse& use, size_t index, TypeResolver& types) {
  if (!types.value(use.args[index])) return false;
  const Type type = TypeResolver::operand_type(*use.args[index]);
  if (unknown(type)) return false;
  if (type.is_integer_like()) return true;
  types.diags().report(use.args[index]->span, diag::integer_expected, use.builtin.name, to_string(type));
  return false;
}

std::optional<uint64_t> literal_argument(BuiltinUse& use, size_t index, TypeResolver& types) {
  Expr*& argument = use.args[index];
  if (!types.value(argument)) return std::nullopt;
  if (!argument->constant) {
    if (!unknown(argument->type)) {
      types.diags().report(argument->span, diag::literal_expected, use.builtin.name, "an integer",
                           kind_name(argument->type.kind));
    }
    return std::nullopt;
  }
  if (argument->type.is_signed && static_cast<int64_t>(*argument->constant) < 0) {
    types.diags().report(argument->span, diag::negative_literal, use.builtin.name,
                         static_cast<int64_t>(*argument->constant));
    return std::nullopt;
  }
  return argument->constant;
}

const StringLiteral* text_argument(BuiltinUse& use, size_t index, TypeResolver& types) {
  if (const auto* literal = as<StringLiteral>(use.args[index])) {
    // Its length is not limited by max_strlen: it never becomes a value.
    use.args[index]->type = string_type(static_cast<uint32_t>(literal->value.size()) + 1);
    return literal;
  }
  if (types.value(use.args[index]) && !unknown(use.args[index]->type)) {
    if (const auto* literal = as<StringLiteral>(use.args[index])) return literal;  // folded
    types.diags().report(use.args[index]->span, diag::literal_expected, use.builtin.name, "a string",
                         kind_name(use.args[index]->type.kind));
  }
  return nullptr;
}

MapRef* map_argument(BuiltinUse& use, TypeResolver& types) {
  auto* map = as<MapRef>(use.args[0]);
  if (map && !map->key) {
    map->type = types.map(map->map).value.type();
    return map;
  }
  types.expr(use.args[0]);
  types.diags()
      .report(use.args[0]->span, map ? diag::whole_map_expected : diag::map_expected, use.builtin.name)
      .hint(map ? fmt::format("write `{}`", map->name) : "");
  return nullptr;
}

std::string cast_to_number(const Expr& aggregation) {
  const auto* map = as<MapRef>(&aggregation);
  if (!map) return "`(int64)...`";
  return fmt::format("`(int64){}{}`", map->name, map->key ? "[...]" : "");
}

Type wrong_probe(BuiltinUse& use, TypeResolver& types) {
  types.diags().report(use.span, diag::wrong_probe, use.builtin.name,
                       provider_info(types.context().provider).name);
  return error_type();
}

}  // namespace tracer::ast

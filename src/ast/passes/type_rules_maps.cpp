// Functions on maps (LANGUAGE 5.7).
#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {
namespace {

bool has_text(const Type& type) {
  switch (type.kind) {
    case TypeKind::Void:
    case TypeKind::Stats:
    case TypeKind::Hist:
    case TypeKind::LinearHist:
    case TypeKind::TimeSeries:
    case TypeKind::TimestampMode:
    case TypeKind::StackModeName:
      return false;
    case TypeKind::Tuple:
      return !type.fields->empty();
    default:
      return true;
  }
}

void print_map(BuiltinUse& use, TypeResolver& types) {
  if (use.args.size() > 3) {
    types.diags()
        .report(use.span, diag::too_many_arguments, "print", 3, "s", use.args.size())
        .hint("usage: `print(@map [, top [, div]])`");
    return;
  }
  for (size_t i = 1; i < use.args.size(); ++i) {
    const auto number = literal_argument(use, i, types);
    if (number && i == 2 && *number == 0) types.diags().report(use.args[i]->span, diag::print_div_zero);
  }
}

void print_value(BuiltinUse& use, TypeResolver& types) {
  if (use.args.size() > 1) {
    types.diags()
        .report(use.args[1]->span, diag::print_arguments)
        .hint("top and div go with a whole map: `print(@m, 5)`");
  }
  if (!types.value(use.args[0])) return;
  const Type& type = use.args[0]->type;
  if (unknown(type) || has_text(type)) return;
  types.diags().report(use.args[0]->span, diag::cannot_print, to_string(type));
}

}  // namespace

Type type_print(BuiltinUse& use, TypeResolver& types) {
  const auto* map = as<MapRef>(use.args[0]);
  if (map && !map->key) {
    map_argument(use, types);
    print_map(use, types);
  } else {
    print_value(use, types);
  }
  return void_type();
}

Type type_clear(BuiltinUse& use, TypeResolver& types) {
  map_argument(use, types);
  return void_type();
}

Type type_zero(BuiltinUse& use, TypeResolver& types) {
  map_argument(use, types);
  return void_type();
}

Type type_delete(BuiltinUse& use, TypeResolver& types) {
  const MapRef* map = map_argument(use, types);
  if (!map) return bool_type();
  if (use.args.size() > 2) {
    types.diags()
        .report(use.span, diag::too_many_arguments, "delete", 2, "s", use.args.size())
        .hint("several keys are a tuple: `delete(@m, (a, b))`");
  } else if (use.args.size() == 2) {
    types.key(map->map, use.args[1], use.args[1]->span);
  } else if (types.map(map->map).keyed_at) {
    types.diags()
        .report(use.span, diag::delete_needs_key, map->name)
        .note(*types.map(map->map).keyed_at, "used with a key here")
        .hint(fmt::format("`clear({})` removes every key", map->name));
  }
  return bool_type();
}

Type type_has_key(BuiltinUse& use, TypeResolver& types) {
  if (const MapRef* map = map_argument(use, types)) types.key(map->map, use.args[1], use.args[1]->span);
  return bool_type();
}

// `find(@m, k, $v)`: the variable takes the value as an assignment would.
Type type_find(BuiltinUse& use, TypeResolver& types) {
  const MapRef* map = map_argument(use, types);
  if (map) types.key(map->map, use.args[1], use.args[1]->span);
  auto* variable = as<Variable>(use.args[2]);
  if (!variable) {
    types.expr(use.args[2]);
    types.diags().report(use.args[2]->span, diag::find_variable).hint("usage: `find(@map, key, $value)`");
  } else if (map) {
    types.store_found(map->map, *variable);
  }
  return bool_type();
}

Type type_len(BuiltinUse& use, TypeResolver& types) {
  if (const auto* map = as<MapRef>(use.args[0]); map && !map->key) {
    map_argument(use, types);
    if (const auto& scalar = types.map(map->map).scalar_at) {
      types.diags()
          .report(use.args[0]->span, diag::len_of_scalar, map->name)
          .note(*scalar, "used without a key here");
    }
    return int_type(8, true);
  }
  if (!types.value(use.args[0])) return int_type(8, true);
  const Type& type = use.args[0]->type;
  if (!unknown(type) && !type.is_stack()) {
    types.diags().report(use.args[0]->span, diag::len_of_other, to_string(type));
  }
  return int_type(8, true);
}

}  // namespace tracer::ast

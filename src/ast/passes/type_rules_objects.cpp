// Objects of the kernel that helpers take as they are: paths and packets (LANGUAGE 6.2, 6.3).
#include <algorithm>

#include "ast/diagnostics.h"
#include "ast/limits.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {
namespace {

// The kernel knows the type of a pointer only when it comes from the arguments, or from `ctx`, by
// fields alone.
bool comes_from_arguments(const Expr* expr) {
  for (;;) {
    if (const auto* access = as<FieldAccess>(expr)) {
      if (access->argument) return true;
      expr = access->object;
    } else if (const auto* unary = as<Unary>(expr); unary && unary->op == UnaryOp::Deref) {
      expr = unary->operand;
    } else {
      const auto* name = as<Identifier>(expr);
      return name && name->builtin && (name->name == "ctx" || name->name == "args");
    }
  }
}

bool is_struct(const Type& type, const char* name) {
  return type.is(TypeKind::Struct) && !type.is_union && type.name == name;
}

bool points_to(const Type& type, const char* name) {
  return type.is(TypeKind::Pointer) && type.target && is_struct(*type.target, name);
}

void demand_origin(BuiltinUse& use, size_t index, TypeResolver& types) {
  if (comes_from_arguments(use.args[index])) return;
  types.diags()
      .report(use.args[index]->span, diag::object_origin, use.builtin.name)
      .hint("write it as a field of args, as in `args.file.f_path`");
}

}  // namespace

Type type_path(BuiltinUse& use, TypeResolver& types) {
  const uint32_t most = types.config().max_strlen;
  uint32_t size = most;
  if (use.args.size() > 1) {
    const auto given = literal_argument(use, 1, types);
    if (given && *given < 1) types.diags().report(use.args[1]->span, diag::path_size);
    if (given) size = static_cast<uint32_t>(std::clamp<uint64_t>(*given, 1, most));
  }
  if (!types.value(use.args[0])) return string_type(size);
  const Type& type = use.args[0]->type;
  if (unknown(type)) return string_type(size);
  if (!is_struct(type, "path") && !points_to(type, "path")) {
    types.diags().report(use.args[0]->span, diag::path_of, to_string(type));
    return error_type();
  }
  demand_origin(use, 0, types);
  return string_type(size);
}

Type type_skboutput(BuiltinUse& use, TypeResolver& types) {
  text_argument(use, 0, types);
  if (types.value(use.args[1]) && !unknown(use.args[1]->type)) {
    const Type& type = use.args[1]->type;
    if (!points_to(type, "sk_buff")) {
      types.diags().report(use.args[1]->span, diag::skb_of, to_string(type));
    } else {
      demand_origin(use, 1, types);
    }
  }
  integer_argument(use, 2, types);
  literal_argument(use, 3, types);
  return int_type(4, false);
}

}  // namespace tracer::ast

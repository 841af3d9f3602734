// What the probe itself gives: arguments, return value, names.
#include "ast/builtin_places.h"
#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {

Type type_func(BuiltinUse& use, TypeResolver& types) {
  if (!provider_info(types.context().provider).allows_function) return wrong_probe(use, types);
  return works_in(BuiltinWhere::UserCode, types.context().provider) ? user_symbol_type()
                                                                    : kernel_symbol_type();
}

Type type_probe(BuiltinUse&, TypeResolver& types) {
  return string_type(static_cast<uint32_t>(types.probe().name.size()) + 1);
}

Type type_args(BuiltinUse& use, TypeResolver& types) {
  const ProbeContext& context = types.context();
  if (!context.has_named_arguments) {
    if (context.why_no_arguments.empty()) return wrong_probe(use, types);
    types.diags().report(use.span, diag::no_arguments, types.probe().name, context.why_no_arguments);
    return error_type();
  }
  Type type;
  type.kind = TypeKind::Struct;
  type.name = "args";
  type.space = context.space;
  return type;
}

Type type_retval(BuiltinUse& use, TypeResolver& types) {
  const ProbeContext& context = types.context();
  if (!context.result) {
    if (!provider_info(context.provider).is_return) return wrong_probe(use, types);
    types.diags().report(use.span, diag::no_return_value, types.probe().name);
    return error_type();
  }
  return context.result->type;
}

Type type_arg_number(BuiltinUse& use, TypeResolver& types) {
  const ProbeContext& context = types.context();
  const auto& identifier = static_cast<const Identifier&>(use.node);
  if (context.numbered_arguments == 0) {
    auto& message = types.diags().report(use.span, diag::wrong_probe, identifier.name,
                                         provider_info(context.provider).name);
    if (context.has_named_arguments) message.hint("use args: `args.NAME`");
    return error_type();
  }
  if (identifier.arg_number >= context.numbered_arguments) {
    types.diags().report(use.span, diag::no_such_numbered_argument, identifier.name,
                         provider_info(context.provider).name, context.numbered_arguments - 1);
    return error_type();
  }
  if (identifier.arg_number < context.arguments.size())
    if (const std::string& problem = context.arguments[identifier.arg_number].problem; !problem.empty())
      types.diags().report(use.span, diag::argument_unreadable, identifier.name, types.probe().name, problem);
  return int_type(8, false);
}

}  // namespace tracer::ast

// Functions of the script and of imported objects: their signatures, calls of them, what they return.
#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/type_resolver.h"

namespace tracer::ast {
namespace {

// True when a value of that type can be given where the slot's type is expected.
bool accepts(const Slot& slot, const OpenType& value) {
  const Type& to = slot.type();
  const Type& from = value.type;
  if (unknown(to) || unknown(from)) return true;
  if (from.is_integer_like() && to.is_integer_like()) return from.is(TypeKind::Bool) == to.is(TypeKind::Bool);
  if (from.is(TypeKind::String) && to.is(TypeKind::String)) return !slot.fixed || from.size <= to.size;
  const auto both = promote(slot.open, value);
  return both && (!slot.fixed || to.is(TypeKind::Pointer) || same_type(both->type, to));
}

}  // namespace

void TypeResolver::declare(Slot& slot, TypeSpec& spec) {
  if (!unknown(slot.type())) return;  // a type that failed is tried again to be reported
  Type declared = written_type(spec, context().space);
  if (declared.is(TypeKind::Void) || declared.is(TypeKind::Struct)) {
    diags().report(spec.span, diag::cannot_store, to_string(declared));
    declared = error_type();
  }
  slot.fixed = declared.size != 0;  // `string` takes its size from what is stored
  slot.open = {declared};
  slot.set_at = spec.span;
  changed_ = true;
}

std::vector<Slot>& TypeResolver::slots_of(const Clause& clause) {
  std::vector<Slot>& locals = all_locals_[&clause];
  if (locals.empty()) {
    for (const Local& each : clause.locals) locals.push_back({{each.type}, each.declared_at});
  }
  return locals;
}

// Types the function's parameters and result as they are written.
void TypeResolver::signature(Function& function) {
  std::vector<Slot>& locals = slots_of(*function.code);
  for (size_t i = 0; i < function.params.size(); ++i) declare(locals[i], *function.params[i].type);
  Slot& result = results_[&function];
  if (result.known() && !result.type().is(TypeKind::Error)) return;
  const Type declared = function.result ? written_type(*function.result, context().space) : error_type();
  if (!declared.is(TypeKind::Void)) return declare(result, *function.result);
  result.open = {declared};
  result.set_at = function.result->span;
  result.fixed = true;
}

void TypeResolver::call_function(Call& call) {
  Function& function = *call.function;
  if (!results_.contains(&function)) signature(function);  // it stands further down
  std::vector<Slot>& locals = slots_of(*function.code);
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (!value(call.args[i]) || !can_be_stored(*call.args[i])) continue;
    const OpenType given = operand(*call.args[i]);
    Slot& parameter = locals[i];
    if (accepts(parameter, given)) {
      pass_space(parameter, given.type);
      store(parameter, given, call.args[i], call.args[i]->span, "$" + function.params[i].variable->name,
            false);
    } else {
      diags()
          .report(call.args[i]->span, diag::function_argument, function.name, to_string(parameter.type()),
                  i + 1, to_string(given.type))
          .note(function.params[i].variable->span, "declared here");
    }
  }
  call.type = results_[&function].type();
}

// What a parameter points to is in the memory that the arguments point to.
void TypeResolver::pass_space(Slot& parameter, const Type& given) {
  if (!parameter.type().is(TypeKind::Pointer) || !given.is(TypeKind::Pointer)) return;
  const auto [entry, is_first] = passed_spaces_.emplace(&parameter, given.space);
  if (entry->second != given.space) entry->second = AddressSpace::Unknown;  // both; it stays so
  if (parameter.open.type.space == entry->second) return;
  parameter.open.type.space = entry->second;
  changed_ = true;
}

// Integers are converted; a pointer takes any address, and that of a value in the program's own memory.
void TypeResolver::call_external(Call& call) {
  const ExternalFunction& function = *call.external;
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (!value(call.args[i]) || !can_be_stored(*call.args[i])) continue;
    const Type given = operand_type(*call.args[i]);
    const Type& wanted = function.params[i].type;
    if (unknown(given) || given.is_integer_like() || given.is(TypeKind::Pointer)) continue;
    if (wanted.is(TypeKind::Pointer) && !given.is(TypeKind::KernelSymbol)) continue;
    diags().report(call.args[i]->span, diag::function_argument, function.name, to_string(wanted), i + 1,
                   to_string(given));
  }
  call.type = function.result;
}

void TypeResolver::return_from(const Function& function, Return& statement) {
  Slot& result = results_[&function];
  const bool is_void = result.type().is(TypeKind::Void);
  if (!statement.value) {
    if (!is_void && !result.type().is(TypeKind::Error)) {
      diags()
          .report(statement.span, diag::return_without_value, function.name, to_string(result.type()))
          .note(result.set_at, "declared here");
    }
    return;
  }
  if (!value(statement.value) || !can_be_stored(*statement.value)) return;
  const OpenType given = operand(*statement.value);
  if (is_void || !accepts(result, given)) {
    diags()
        .report(statement.value->span, diag::function_result, function.name, to_string(result.type()),
                to_string(given.type))
        .note(result.set_at, "declared here");
    return;
  }
  store(result, given, statement.value, statement.value->span, function.name + "()", false);
}

// What a probe gives is not known in a function, which several probes may call.
bool TypeResolver::available(const Builtin& row, Span at, const std::string& name) {
  if (!program_->is_function()) return true;
  switch (row.where) {
    case BuiltinWhere::Anywhere:
      if (row.id == BuiltinId::probe_) break;
      return true;
    case BuiltinWhere::KernelSession:
    case BuiltinWhere::SignalProbe:
      return true;
    default:
      break;
  }
  diags().report(at, diag::not_in_function, name).hint("pass the value as an argument");
  return false;
}

}  // namespace tracer::ast

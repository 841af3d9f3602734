// Statements: what is stored where.
#include "ast/diagnostics.h"
#include "ast/passes/fold_constants.h"
#include "ast/passes/type_resolver.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {
namespace {

bool is_aggregation(const Expr* expr) {
  const auto* call = as<Call>(expr);
  return call && call->builtin && call->builtin->form == BuiltinForm::Aggregation;
}

bool is_condition(const Type& type) {
  return type.is_integer_like() || type.is(TypeKind::Pointer) || unknown(type);
}

bool is_literal(const Expr* expr) { return as<IntLiteral>(expr) != nullptr; }

}  // namespace

void TypeResolver::clause(Clause& clause) {
  locals_ = &slots_of(clause);
  if (clause.function) signature(*clause.function);
  if (clause.filter) condition(clause.filter);
  if (clause.body) body(*clause.body);
}

Type TypeResolver::block(Block& block) {
  for (Statement* each : block.statements) statement(*each);
  if (!block.value) return void_type();
  expr(block.value);
  return operand_type(*block.value);
}

void TypeResolver::body(Block& block) {
  for (Statement* each : block.statements) statement(*each);
  if (block.value) discarded(block.value);
}

void TypeResolver::discarded(Expr*& slot) {
  if (auto* branch = as<IfExpr>(slot))
    return branch->comptime ? if_comptime(slot, *branch, false) : if_expr(*branch, false);
  if (auto* nested = as<BlockExpr>(slot)) {
    body(*nested->block);
    nested->type = void_type();
    return;
  }
  expr(slot);
}

void TypeResolver::statement(Statement& statement) {
  switch (statement.kind) {
    case StatementKind::Let:
      return let(static_cast<Let&>(statement));
    case StatementKind::Assign:
      return assign(static_cast<Assign&>(statement));
    case StatementKind::Discard:
      value(static_cast<Discard&>(statement).value);
      return;
    case StatementKind::For:
      return loop(static_cast<For&>(statement));
    case StatementKind::Unroll:
      return unroll(static_cast<Unroll&>(statement));
    case StatementKind::Return:
      return return_value(static_cast<Return&>(statement));
    case StatementKind::ExprStatement:
      return discarded(static_cast<ExprStatement&>(statement).expr);
    case StatementKind::While:
      return while_loop(static_cast<While&>(statement));
    case StatementKind::Jump:
    case StatementKind::ImportStatement:
      return;
  }
}

void TypeResolver::condition(Expr*& slot) {
  expr(slot);
  const Type type = operand_type(*slot);
  if (is_condition(type)) return;
  diags()
      .report(slot->span, diag::invalid_condition, to_string(type))
      .hint(type.is(TypeKind::String) ? "compare it: `== \"\"` or `!= \"\"`" : "");
}

// ---------------------------------------------------------------- storing

Slot* TypeResolver::slot_of(Expr& target) {
  if (auto* variable = as<Variable>(&target)) return &local(*variable);
  if (auto* map = as<MapRef>(&target)) return &maps_[map->map].value;
  return nullptr;
}

std::string TypeResolver::name_of(const Expr& target) {
  if (const auto* variable = as<Variable>(&target)) return "$" + variable->name;
  if (const auto* map = as<MapRef>(&target)) return map->name;
  return {};
}

void TypeResolver::mismatch(Span at, const std::string& name, bool is_map, const Type& value,
                            const Slot& slot) {
  diags()
      .report(at, is_map ? diag::map_type_mismatch : diag::variable_type_mismatch, name, to_string(value),
              to_string(slot.type()))
      .note(slot.set_at, slot.fixed && !is_map ? "declared here" : "type set here");
}

void TypeResolver::warn_lossy(const Type& from, const Type& to, const Expr* expr) {
  if (!expr || is_literal(expr) || value_preserving(from, to)) return;
  diags().report(expr->span, diag::lossy_conversion, to_string(from), to_string(to));
}

void TypeResolver::store(Slot& slot, const OpenType& value, const Expr* expr, Span at,
                         const std::string& name, bool is_map) {
  if (unknown(value.type) || slot.type().is(TypeKind::Error)) return;
  if (slot.fixed) return store_fixed(slot, value, expr, at, name, is_map);
  switch (merge(slot, value, at)) {
    case MergeResult::Changed:
      changed_ = true;
      break;
    case MergeResult::Conflict:
      mismatch(at, name, is_map, value.type, slot);
      return;
    case MergeResult::Same:
      break;
  }
  if (!value.flexible) warn_lossy(value.type, slot.type(), expr);
}

void TypeResolver::store_fixed(Slot& slot, const OpenType& value, const Expr* expr, Span at,
                               const std::string& name, bool is_map) {
  const Type& to = slot.type();
  const Type& from = value.type;
  if (from.is_integer_like() && to.is_integer_like() && from.is(TypeKind::Bool) == to.is(TypeKind::Bool)) {
    if (is_literal(expr) && expr->constant && !constant_fits(*expr->constant, from, to)) {
      diags()
          .report(expr->span, diag::literal_does_not_fit, to_string(to))
          .note(slot.set_at, "declared here");
      return;
    }
    return warn_lossy(from, to, expr);
  }
  const auto both = promote(slot.open, value);
  if (!both || (!to.is(TypeKind::Pointer) && !same_type(both->type, to))) {
    mismatch(at, name, is_map, from, slot);
    if (from.is(TypeKind::String) && to.is(TypeKind::String)) return;
  }
}

// A histogram is no number and no text; only its map can be printed.
bool TypeResolver::can_be_stored(const Expr& value) {
  // The kernel checks each access to it against the context itself; a copy is a mere number.
  const auto* name = as<Identifier>(&value);
  if (name && name->builtin && name->builtin->id == BuiltinId::ctx_ &&
      context().context == ContextKind::PerfEvent) {
    diags()
        .report(value.span, diag::context_stored, provider_info(context().provider).name)
        .hint("read its fields where they are needed: `ctx.regs.ip`");
    return false;
  }
  if (!operand_type(value).is_aggregate()) return true;
  diags().report(value.span, diag::cannot_store, to_string(value.type));
  return false;
}

void TypeResolver::store_found(uint32_t map_index, Variable& variable) {
  MapRef found;
  found.span = variable.span;
  found.type = maps_[map_index].value.type();
  variable.type = local(variable).type();
  const Type type = operand_type(found);
  if (type.is_aggregate()) {
    diags().report(variable.span, diag::find_value, to_string(type));
    return;
  }
  store(local(variable), {type}, &found, variable.span, "$" + variable.name, false);
  variable.type = local(variable).type();
}

void TypeResolver::let(Let& let) {
  Slot& slot = local(*let.variable);
  if (let.declared) declare(slot, *let.declared);
  let.variable->type = slot.type();
  if (!let.value) return;
  if (is_aggregation(let.value)) {
    expr(let.value);
    return;
  }
  if (value(let.value) && can_be_stored(*let.value)) {
    store(local(*let.variable), operand(*let.value), let.value, let.value->span, "$" + let.variable->name,
          false);
  }
  let.variable->type = local(*let.variable).type();
}

void TypeResolver::assign(Assign& assign) {
  if (is_aggregation(assign.value) && as<MapRef>(assign.target) && !assign.op) {
    assign_aggregation(assign, static_cast<Call&>(*assign.value));
  } else if (assign.op) {
    assign_compound(assign);
  } else {
    assign_plain(assign);
  }
}

void TypeResolver::assign_plain(Assign& assign) {
  const bool has_value = value(assign.value);
  auto* map = as<MapRef>(assign.target);
  if (map && map->key) key(map->map, map->key, map->span);
  if (has_value) {
    const Type& type = assign.value->type;
    if (map && type.is_aggregate()) {
      diags()
          .report(assign.value->span, diag::aggregation_copied, to_string(type))
          .hint(type.is_castable_aggregate()
                    ? fmt::format("cast it to store the number it has now: {}", cast_to_number(*assign.value))
                    : "");
    } else if (can_be_stored(*assign.value)) {
      const OpenType written = operand(*assign.value);
      const OpenType open = map && maps_[map->map].shared ? with_room(written) : written;
      store(*slot_of(*assign.target), open, assign.value, assign.value->span, name_of(*assign.target),
            map != nullptr);
    }
  }
  assign.target->type = slot_of(*assign.target)->type();
}

void TypeResolver::assign_aggregation(Assign& assign, Call& call) {
  auto& map = static_cast<MapRef&>(*assign.target);
  this->call(call);
  if (map.key) key(map.map, map.key, map.span);
  const bool open = !call.args.empty() && call.args[0]->flexible_sign;
  store(maps_[map.map].value, {call.type, open}, nullptr, call.span, map.name, true);
  map.type = maps_[map.map].value.type();
  if (reporting_) keep_bounds(call, map.map, *this);
}

void TypeResolver::assign_compound(Assign& assign) {
  const bool has_value = value(assign.value);
  auto* map = as<MapRef>(assign.target);
  if (map && map->key) key(map->map, map->key, map->span);
  Slot& slot = *slot_of(*assign.target);
  Type current = slot.type();
  assign.target->type = current;
  if (!has_value || unknown(operand_type(*assign.value))) return;
  const Type operand_value = operand_type(*assign.value);
  if (current.is(TypeKind::Error)) return;
  const bool moves = *assign.op == BinaryOp::Add || *assign.op == BinaryOp::Subtract;
  if (current.is(TypeKind::Pointer) && operand_value.is_integer_like() && moves) return;
  if ((!unknown(current) && !current.is_integer_like()) || !operand_value.is_integer_like()) {
    diags().report(assign.span, diag::bad_compound, spelling(*assign.op), to_string(current),
                   to_string(operand_value));
    return;
  }
  // A map element starts at 0, whose sign is open until something says otherwise.
  const bool open_slot = unknown(current) || slot.open.flexible;
  const bool is_open = open_slot && assign.value->flexible_sign && *assign.op != BinaryOp::Subtract;
  const bool slot_signed = !open_slot && current.is_signed;
  const bool value_signed = !assign.value->flexible_sign && operand_value.is_signed;
  const bool result_signed = *assign.op == BinaryOp::Subtract || is_open || slot_signed || value_signed;
  if (!slot.fixed) {
    store(slot, {int_type(8, result_signed), is_open}, nullptr, assign.span, name_of(*assign.target),
          map != nullptr);
  }
  assign.target->type = slot.type();
}

// ---------------------------------------------------------------- return

void TypeResolver::return_value(Return& statement) {
  if (const Function* function = program_->clause->function) return return_from(*function, statement);
  if (!statement.value || !value(statement.value)) return;
  const Type type = operand_type(*statement.value);
  if (!unknown(type) && !type.is_integer_like()) {
    diags().report(statement.value->span, diag::bad_return, to_string(type));
  }
}

}  // namespace tracer::ast

// Expressions by kind, except operators, access and casts.
#include "ast/diagnostics.h"
#include "ast/passes/fold_constants.h"
#include "ast/passes/type_resolver.h"
#include "ast/passes/type_rules.h"
#include "ast/passes/type_spec.h"
#include "base/text.h"

namespace tracer::ast {

Type TypeResolver::operand_type(const Expr& expr) {
  if (!expr.type.is_castable_aggregate()) return expr.type;
  const bool is_signed = !expr.type.is(TypeKind::Count) && expr.type.is_signed;
  return int_type(8, is_signed);
}

OpenType TypeResolver::operand(const Expr& expr) {
  OpenType open = open_type(expr);
  open.type = operand_type(expr);
  return open;
}

bool TypeResolver::value(Expr*& slot) {
  expr(slot);
  const Type& type = slot->type;
  if (type.is(TypeKind::Error)) return false;
  if (type.is(TypeKind::Void)) {
    diags().report(slot->span, diag::no_value);
    return false;
  }
  const auto* identifier = as<Identifier>(slot);
  if (identifier && identifier->builtin && identifier->builtin->id == BuiltinId::args_) {
    return arguments_value(*slot);
  }
  return true;
}

void TypeResolver::expr(Expr*& slot) {
  switch (slot->kind) {
    case ExprKind::IntLiteral:
      return type_literal(static_cast<IntLiteral&>(*slot));
    case ExprKind::StringLiteral: {
      auto& literal = static_cast<StringLiteral&>(*slot);
      literal.type = string_type(static_cast<uint32_t>(literal.value.size()) + 1);
      if (literal.value.size() + 1 > config().max_strlen) {
        diags()
            .report(slot->span, diag::string_too_long, literal.value.size(), config().max_strlen - 1)
            .hint("raise the config variable max_strlen");
      }
      return;
    }
    case ExprKind::BoolLiteral:
      slot->type = bool_type();
      slot->constant = static_cast<BoolLiteral&>(*slot).value;
      return;
    case ExprKind::Identifier:
      return identifier(slot);
    case ExprKind::Variable:
      slot->type = local(static_cast<Variable&>(*slot)).type();
      return;
    case ExprKind::MapRef:
      return map_read(static_cast<MapRef&>(*slot));
    case ExprKind::Call: {
      auto& node = static_cast<Call&>(*slot);
      if (node.builtin && node.builtin->form == BuiltinForm::Aggregation) {
        diags().report(node.span, diag::aggregation_not_stored, node.name);
        node.type = error_type();
        return;
      }
      slot = call(node);
      if (slot->type.is(TypeKind::String)) replace_by_text(slot, *this);
      return;
    }
    case ExprKind::Unary:
      return unary(slot, static_cast<Unary&>(*slot));
    case ExprKind::Binary:
      return binary(slot, static_cast<Binary&>(*slot));
    case ExprKind::Ternary:
      return ternary(slot, static_cast<Ternary&>(*slot));
    case ExprKind::FieldAccess:
      if (unknown_setting(static_cast<FieldAccess&>(*slot), *this)) return;
      field(static_cast<FieldAccess&>(*slot));
      return fold_field(slot);
    case ExprKind::TupleAccess:
      return element_of_tuple(static_cast<TupleAccess&>(*slot));
    case ExprKind::Index:
      return index(slot, static_cast<Index&>(*slot));
    case ExprKind::Cast:
      return cast(static_cast<Cast&>(*slot));
    case ExprKind::TupleExpr:
      return tuple(static_cast<TupleExpr&>(*slot));
    case ExprKind::RecordExpr:
      return record(static_cast<RecordExpr&>(*slot));
    case ExprKind::IfExpr: {
      auto& branch = static_cast<IfExpr&>(*slot);
      return branch.comptime ? if_comptime(slot, branch, true) : if_expr(branch, true);
    }
    case ExprKind::BlockExpr:
      slot->type = block(*static_cast<BlockExpr&>(*slot).block);
      return;
    case ExprKind::SizeOf:
      return size_of(slot, static_cast<SizeOf&>(*slot));
    case ExprKind::OffsetOf:
      return offset_of(slot, static_cast<OffsetOf&>(*slot));
    case ExprKind::Comptime:
      return comptime(slot, static_cast<Comptime&>(*slot));
    case ExprKind::Positional:  // replaced by expand_positionals
    case ExprKind::PositionalCount:
      slot->type = error_type();
      return;
    case ExprKind::TypeInfo:
      return type_info(slot, static_cast<TypeInfo&>(*slot));
    case ExprKind::TypeOf:  // stands for a type in arguments of macros only, which are expanded
      diags().report(slot->span, diag::typeof_as_value).hint("only macros take types as arguments");
      slot->type = error_type();
      return;
  }
}

void TypeResolver::identifier(Expr*& slot) {
  auto& node = static_cast<Identifier&>(*slot);
  if (!node.builtin) return;  // an enum constant, or reported
  if (!available(*node.builtin, node.span, node.name)) {
    node.type = error_type();
    return;
  }
  if (!permitted(*node.builtin, node.span)) {
    node.type = error_type();
    return;
  }
  BuiltinUse use{*node.builtin, node, {}, node.span};
  node.type = type_rule(*node.builtin)(use, *this);
  if (!use.replacement) return;
  slot = use.replacement;
  expr(slot);
}

Expr* TypeResolver::call(Call& call) {
  if (call.function || call.external) {
    call.function ? call_function(call) : call_external(call);
    return &call;
  }
  if (!call.builtin || !available(*call.builtin, call.span, call.name)) {  // reported by resolve_names
    for (Expr*& argument : call.args) expr(argument);
    call.type = error_type();
    return &call;
  }
  if (!permitted(*call.builtin, call.span)) {
    call.type = error_type();
    return &call;
  }
  BuiltinUse use{*call.builtin, call, call.args, call.span};
  call.type = type_rule(*call.builtin)(use, *this);
  return use.replacement ? use.replacement : &call;
}

// ---------------------------------------------------------------- maps

void TypeResolver::key(uint32_t map_index, Expr*& slot, Span at) {
  if (!value(slot)) return;
  MapFacts& facts = maps_[map_index];
  const OpenType written = operand(*slot);
  const OpenType open = facts.shared ? with_room(written) : written;
  if (unknown(open.type) || facts.key.type().is(TypeKind::Error)) return;
  if (open.type.is_aggregate()) {
    diags().report(slot->span, diag::bad_key, to_string(open.type));
    return;
  }
  Slot wanted = facts.key;
  MergeResult merged = merge(wanted, open, at);
  // Of a map that other scripts know the layout stays; that a literal's sign is open changes none.
  if (merged == MergeResult::Changed && facts.key.fixed)
    merged = same_type(wanted.type(), facts.key.type()) ? MergeResult::Same : MergeResult::Conflict;
  switch (merged) {
    case MergeResult::Changed:
      facts.key = wanted;
      changed_ = true;
      break;
    case MergeResult::Conflict:
      diags()
          .report(slot->span, diag::key_mismatch, facts.name, to_string(open.type),
                  to_string(facts.key.type()))
          .note(facts.key.set_at, "key type set here");
      break;
    case MergeResult::Same:
      break;
  }
}

void TypeResolver::map_read(MapRef& map) {
  if (map.key) key(map.map, map.key, map.span);
  map.type = maps_[map.map].value.type();
}

// ---------------------------------------------------------------- branches

Type TypeResolver::branch_type(Span at, const OpenType& a, const OpenType& b, bool* flexible) {
  if (a.type.is(TypeKind::Void) && b.type.is(TypeKind::Void)) return void_type();
  const auto both = promote(a, b);
  if (both && !a.type.is(TypeKind::Void) && !b.type.is(TypeKind::Void)) {
    *flexible = both->flexible;
    return both->type;
  }
  if (unknown(a.type) || unknown(b.type)) return unknown(a.type) ? a.type : b.type;
  diags().report(at, diag::branch_mismatch, to_string(a.type), to_string(b.type));
  return reporting_ ? error_type() : Type{};
}

void TypeResolver::ternary(Expr*& slot, Ternary& ternary) {
  condition(ternary.condition);
  if (ternary.then_value) expr(ternary.then_value);
  expr(ternary.else_value);
  const Expr& first = ternary.then_value ? *ternary.then_value : *ternary.condition;
  bool flexible = false;
  ternary.type = branch_type(ternary.span, operand(first), operand(*ternary.else_value), &flexible);
  ternary.flexible_sign = flexible;
  fold(ast_, slot, fold_diags());
}

void TypeResolver::if_expr(IfExpr& branch, bool used) {
  condition(branch.condition);
  if (!used) {
    body(*branch.then_block);
    if (branch.else_block) body(*branch.else_block);
    branch.type = void_type();
    return;
  }
  const Type then_type = block(*branch.then_block);
  if (!branch.else_block) {
    branch.type = void_type();
    return;
  }
  const Type else_type = block(*branch.else_block);
  const Expr* then_value = branch.then_block->value;
  const Expr* else_value = branch.else_block->value;
  if (!then_value || !else_value || then_type.is(TypeKind::Void) || else_type.is(TypeKind::Void)) {
    branch.type = void_type();
    return;
  }
  bool flexible = false;
  branch.type = branch_type(branch.span, operand(*then_value), operand(*else_value), &flexible);
  branch.flexible_sign = flexible;
}

// ---------------------------------------------------------------- tuples, compile-time values

// Types what becomes an element of a tuple or record; `open` is set while its type is not known.
bool TypeResolver::element_value(Expr*& slot, bool* open) {
  if (!value(slot)) return false;
  const Type type = operand_type(*slot);
  *open |= type.is(TypeKind::None);
  if (!type.is_aggregate()) return true;
  diags().report(slot->span, diag::bad_tuple_element, to_string(type));
  return false;
}

void TypeResolver::tuple(TupleExpr& tuple) {
  std::vector<Type> elements;
  bool failed = false, open = false;
  for (Expr*& element : tuple.elements) {
    failed |= !element_value(element, &open);
    elements.push_back(operand_type(*element));
  }
  if (failed) {
    tuple.type = reporting_ ? error_type() : Type{};
  } else {
    tuple.type = open ? Type{} : tuple_type(std::move(elements));
  }
}

void TypeResolver::record(RecordExpr& record) {
  std::vector<std::pair<std::string, Type>> elements;
  bool failed = false, open = false;
  for (auto& [name, element] : record.elements) {
    failed |= !element_value(element, &open);
    elements.emplace_back(name, operand_type(*element));
  }
  if (failed) {
    record.type = reporting_ ? error_type() : Type{};
  } else {
    record.type = open ? Type{} : record_type(std::move(elements));
  }
}

Type TypeResolver::type_of(TypeOrExpr& of) {
  if (of.type) return written_type(*of.type, context().space);
  expr(of.expr);
  return of.expr->type;
}

Type TypeResolver::complete(const Type& structure) {
  if (!structure.is(TypeKind::Struct) || structure.c_type != 0 || structure.name.empty()) return structure;
  auto found = types_.find(structure.is_union ? TypeDb::Tag::Union : TypeDb::Tag::Struct, structure.name);
  if (!found) return structure;
  found->space = structure.space;
  return *found;
}

void TypeResolver::offset_of(Expr*& slot, OffsetOf& offset) {
  Type type = type_of(offset.of);
  offset.type = int_type(8, false);
  if (types_.kernel_name(complete(type)) != TypeDb::KernelName::NotKernel)
    rely_on(NeedKind::Offset, to_string(type), fmt::format("{}", fmt::join(offset.fields, ".")), offset.span);
  uint64_t bytes = 0;
  for (const std::string& name : offset.fields) {
    if (type.is(TypeKind::Pointer) && type.target) type = *type.target;
    if (unknown(type)) return;
    type = complete(type);
    const auto found =
        type.is(TypeKind::Struct) ? types_.field(type, name, AddressSpace::Kernel) : std::nullopt;
    if (!found) {
      diags()
          .report(offset.span, diag::no_such_field, to_string(type), name)
          .hint(did_you_mean(name, types_.field_names(type)));
      offset.type = reporting_ ? error_type() : Type{};
      return;
    }
    bytes += found->offset;
    type = found->type;
  }
  slot = make_typed_int(ast_, offset.span, bytes, int_type(8, false));
}

}  // namespace tracer::ast

#include "ast/passes/insert_casts.h"

#include "ast/builtins.h"
#include "ast/passes/promote.h"
#include "ast/passes/type_resolver.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

bool is_comparison(BinaryOp op) { return op >= BinaryOp::Equal && op <= BinaryOp::GreaterEqual; }
bool is_logical(BinaryOp op) { return op == BinaryOp::Or || op == BinaryOp::And; }

bool same_value_type(const Type& a, const Type& b) {
  return (a.is(TypeKind::Pointer) && b.is(TypeKind::Pointer)) || same_type(a, b);
}

class CastInserter : public Walker {
 public:
  CastInserter(Ast& ast, const MapTable& maps) : ast_(ast), maps_(maps) {}

  void program(const Program& program) {
    clause_ = program.clause;
    space_ = program.context.space;
    if (clause_->filter) {
      expr(clause_->filter);
      to_bool(clause_->filter);
    }
    if (clause_->body) block(*clause_->body);
  }

  void statement(Statement*& slot) override {
    statement_children(*slot);
    if (auto* let = as<Let>(slot)) {
      if (let->value) convert(let->value, clause_->locals[let->variable->local].type);
    } else if (auto* assign = as<Assign>(slot)) {
      convert_assignment(*assign);
    } else if (auto* loop = as<For>(slot)) {
      for (Expr** bound : {&loop->begin, &loop->end}) {
        if (!*bound) continue;
        number(*bound);
        convert(*bound, clause_->locals[loop->variable->local].type);
      }
    } else if (auto* loop = as<While>(slot)) {
      to_bool(loop->condition);
      own_condition(*loop);
    } else if (auto* leave = as<Return>(slot)) {
      if (leave->value) convert_result(*leave);
    } else if (auto* discard = as<Discard>(slot)) {
      number(discard->value);
    }
  }

  void expr(Expr*& slot) override;

 private:
  // ---- conversions

  // Wraps `slot` so that its value has type `to`.
  void convert(Expr*& slot, const Type& to) {
    if (slot->type.is(TypeKind::Tuple) && to.is(TypeKind::Tuple)) return convert_tuple(slot, to);
    if (auto* record = as<RecordExpr>(slot); record && to.is(TypeKind::Record)) {
      return convert_record(*record, to);
    }
    if (same_value_type(slot->type, to)) return;
    if (auto* literal = as<IntLiteral>(slot); literal && literal->constant && to.is_integer_like()) {
      retype(*literal, to);
      return;
    }
    auto* cast = ast_.make<Cast>(slot->span);
    cast->operand = slot;
    cast->implicit = true;
    cast->type = to;
    if (slot->constant && to.is_integer_like()) cast->constant = convert_constant(*slot->constant, to);
    slot = cast;
  }

  static void retype(IntLiteral& literal, const Type& to) {
    literal.constant = convert_constant(*literal.constant, to);
    literal.value = *literal.constant;
    literal.type = to;
    literal.flexible_sign = false;
  }

  void convert_tuple(Expr*& slot, const Type& to) {
    if (same_type(slot->type, to)) return;
    auto* tuple = as<TupleExpr>(slot);
    Block* block = nullptr;
    if (!tuple) {
      // Converted element by element, from a variable so that it is evaluated once.
      block = ast_.make<Block>(slot->span);
      Variable* copy = keep(*block, slot);
      tuple = ast_.make<TupleExpr>(slot->span);
      for (uint32_t i = 0; i < copy->type.fields->size(); ++i) {
        auto* element = ast_.make<TupleAccess>(slot->span);
        element->object = ast_.copy(*copy);
        element->index = i;
        element->type = (*copy->type.fields)[i].type;
        tuple->elements.push_back(element);
      }
    }
    for (size_t i = 0; i < tuple->elements.size(); ++i) convert(tuple->elements[i], (*to.fields)[i].type);
    tuple->type = to;
    slot = tuple;
    if (block) slot = block_of(*block, tuple);
  }

  // Element by element, in the order written; their place is that of `to`.
  void convert_record(RecordExpr& record, const Type& to) {
    for (auto& [name, element] : record.elements) {
      for (const Field& field : *to.fields) {
        if (field.name == name) convert(element, field.type);
      }
    }
    record.type = to;
  }

  // A node of the loop's own, which carries the counter of rounds that were cut.
  void own_condition(While& loop) {
    auto* cast = ast_.make<Cast>(loop.condition->span);
    cast->operand = loop.condition;
    cast->implicit = true;
    cast->type = bool_type();
    loop.condition = cast;
  }

  // Puts the value into a hidden variable at the block's start.
  Variable* keep(Block& block, Expr* value) {
    auto* variable = ast_.make<Variable>(value->span);
    variable->local = static_cast<uint32_t>(clause_->locals.size());
    variable->type = value->type;
    clause_->locals.push_back({"", value->span, value->type, false});
    auto* let = ast_.make<Let>(value->span);
    let->variable = variable;
    let->value = value;
    block.statements.push_back(let);
    return variable;
  }

  Expr* block_of(Block& block, Expr* value) {
    block.value = value;
    auto* node = ast_.make<BlockExpr>(value->span);
    node->block = &block;
    node->type = value->type;
    return node;
  }

  // An aggregation's element as the number that it stands for.
  void number(Expr*& slot) {
    if (slot->type.is_castable_aggregate()) convert(slot, TypeResolver::operand_type(*slot));
  }

  void to_bool(Expr*& slot) {
    number(slot);
    convert(slot, bool_type());
  }

  // ---- statements

  void convert_assignment(Assign& assign) {
    if (auto* map = as<MapRef>(assign.target)) {
      const Type& value = maps_[map->map].value.type();
      map->type = value;
      auto* call = as<Call>(assign.value);
      if (call && call->builtin && call->builtin->form == BuiltinForm::Aggregation) {
        return convert_aggregation(*call, value);
      }
      if (!assign.op) return convert(assign.value, value);
      return convert_operand(assign, value);
    }
    const Type& type = clause_->locals[static_cast<Variable&>(*assign.target).local].type;
    assign.target->type = type;
    if (!assign.op) return convert(assign.value, type);
    convert_operand(assign, type);
  }

  void convert_result(Return& leave) {
    const Function* function = clause_->function;
    if (function) number(leave.value);
    convert(leave.value, function ? function->result_type : int_type(8, true));
  }

  void convert_arguments(Call& call) {
    for (size_t i = 0; i < call.args.size(); ++i) {
      number(call.args[i]);
      if (call.function) {
        convert(call.args[i], call.function->code->locals[i].type);
      } else if (call.args[i]->type.is_integer_like()) {
        const Type& wanted = call.external->params[i].type;
        convert(call.args[i], wanted.is_integer_like() ? wanted : int_type(8, false));
      }
    }
  }

  void convert_operand(Assign& assign, const Type& place) {
    number(assign.value);
    const Type& value = assign.value->type;
    if (place.is(TypeKind::Pointer)) return convert(assign.value, int_type(8, value.is_signed));
    const bool value_signed = value.is_signed && !assign.value->flexible_sign;
    convert(assign.value, int_type(8, place.is_signed || value_signed || *assign.op == BinaryOp::Subtract));
  }

  void convert_aggregation(Call& call, const Type& map_value) {
    if (call.args.empty()) return;
    number(call.args[0]);
    const Type& argument = call.args[0]->type;
    const bool bucketed = map_value.is(TypeKind::Hist) || map_value.is(TypeKind::LinearHist);
    convert(call.args[0], int_type(8, bucketed ? argument.is_signed : map_value.is_signed));
  }

  // ---- expressions

  void convert_binary(Expr*& slot, Binary& binary);
  void convert_comparison(Binary& binary);
  void convert_ternary(Expr*& slot, Ternary& ternary);
  void convert_if(IfExpr& branch);
  void convert_call(Call& call);
  void convert_text_source(Expr*& slot);
  void convert_unary(Unary& unary);

  Ast& ast_;
  const MapTable& maps_;
  Clause* clause_ = nullptr;
  AddressSpace space_ = AddressSpace::Unknown;
};

void CastInserter::expr(Expr*& slot) {
  expr_children(*slot);
  switch (slot->kind) {
    case ExprKind::MapRef: {
      auto& map = static_cast<MapRef&>(*slot);
      if (map.key) {
        number(map.key);
        convert(map.key, maps_[map.map].key.type());
      }
      map.type = maps_[map.map].value.type();
      return;
    }
    case ExprKind::Variable:
      slot->type = clause_->locals[static_cast<Variable&>(*slot).local].type;
      return;
    case ExprKind::Call:
      return convert_call(static_cast<Call&>(*slot));
    case ExprKind::Unary:
      return convert_unary(static_cast<Unary&>(*slot));
    case ExprKind::Binary:
      return convert_binary(slot, static_cast<Binary&>(*slot));
    case ExprKind::Ternary:
      return convert_ternary(slot, static_cast<Ternary&>(*slot));
    case ExprKind::Index: {
      auto& index = static_cast<Index&>(*slot);
      number(index.index);
      convert(index.index, int_type(8, index.index->type.is_signed));
      return;
    }
    case ExprKind::TupleExpr:
      for (Expr*& element : static_cast<TupleExpr&>(*slot).elements) number(element);
      return;
    case ExprKind::RecordExpr:
      for (auto& [name, element] : static_cast<RecordExpr&>(*slot).elements) number(element);
      return;
    case ExprKind::IfExpr:
      return convert_if(static_cast<IfExpr&>(*slot));
    case ExprKind::BlockExpr: {
      Block& block = *static_cast<BlockExpr&>(*slot).block;
      if (block.value) number(block.value);
      return;
    }
    default:
      return;
  }
}

void CastInserter::convert_unary(Unary& unary) {
  switch (unary.op) {
    case UnaryOp::Negate:
    case UnaryOp::BitNot:
      number(unary.operand);
      return convert(unary.operand, unary.type);
    case UnaryOp::Not:
      return to_bool(unary.operand);
    default:
      return;
  }
}

void CastInserter::convert_binary(Expr*& slot, Binary& binary) {
  if (is_logical(binary.op)) {
    to_bool(binary.left);
    to_bool(binary.right);
    return;
  }
  number(binary.left);
  number(binary.right);
  if (is_comparison(binary.op)) return convert_comparison(binary);
  if (binary.type.is(TypeKind::Pointer)) {
    for (Expr** side : {&binary.left, &binary.right}) {
      if (!(*side)->type.is(TypeKind::Pointer)) convert(*side, int_type(8, (*side)->type.is_signed));
    }
    return;
  }
  const bool is_bool = binary.type.is(TypeKind::Bool);
  if (is_bool) binary.type = int_type(8, false);
  convert(binary.left, binary.type);
  convert(binary.right, binary.type);
  if (is_bool) convert(slot, bool_type());
}

void CastInserter::convert_comparison(Binary& binary) {
  const Type& left = binary.left->type;
  const Type& right = binary.right->type;
  if (left.is(TypeKind::Pointer) || right.is(TypeKind::Pointer)) {
    convert(binary.left, int_type(8, false));
    convert(binary.right, int_type(8, false));
    return;
  }
  if (left.is(TypeKind::Bool) && right.is(TypeKind::Bool)) return;
  Type both;
  if (left.is_integer_like()) {
    // A boolean counts as an integer here.
    auto as_integer = [](const Expr& side) {
      OpenType open = open_type(side);
      if (open.type.is(TypeKind::Bool)) open = {int_type(1, false)};
      return open;
    };
    both = promote_integers(as_integer(*binary.left), as_integer(*binary.right)).type;
  } else if (left.is(TypeKind::Tuple) || left.is(TypeKind::Record)) {
    both = promote(open_type(*binary.left), open_type(*binary.right))->type;
  } else {
    return;  // compared as they stand in memory
  }
  convert(binary.left, both);
  convert(binary.right, both);
}

void CastInserter::convert_ternary(Expr*& slot, Ternary& ternary) {
  if (ternary.then_value) {
    if (!ternary.type.is(TypeKind::Void)) {
      number(ternary.then_value);
      number(ternary.else_value);
      convert(ternary.then_value, ternary.type);
      convert(ternary.else_value, ternary.type);
    }
    to_bool(ternary.condition);
    return;
  }
  number(ternary.condition);
  number(ternary.else_value);
  auto* block = ast_.make<Block>(ternary.span);
  Variable* first = keep(*block, ternary.condition);
  ternary.condition = ast_.copy(*first);
  ternary.then_value = ast_.copy(*first);
  to_bool(ternary.condition);
  convert(ternary.then_value, ternary.type);
  convert(ternary.else_value, ternary.type);
  slot = block_of(*block, &ternary);
}

void CastInserter::convert_if(IfExpr& branch) {
  to_bool(branch.condition);
  if (branch.type.is(TypeKind::Void)) return;
  for (Block* block : {branch.then_block, branch.else_block}) {
    if (!block || !block->value) continue;
    number(block->value);
    convert(block->value, branch.type);
  }
}

void CastInserter::convert_text_source(Expr*& slot) {
  number(slot);
  const Type& type = slot->type;
  if (type.is_integer_like()) convert(slot, pointer_type(int_type(1, true), space_));
}

void CastInserter::convert_call(Call& call) {
  if (call.function || call.external) return convert_arguments(call);
  if (!call.builtin) return;
  const Type word = int_type(8, false);
  switch (call.builtin->id) {
    case BuiltinId::delete_:
    case BuiltinId::has_key_:
    case BuiltinId::find_:
      if (call.args.size() > 1) {
        number(call.args[1]);
        convert(call.args[1], maps_[static_cast<MapRef&>(*call.args[0]).map].key.type());
      }
      return;
    case BuiltinId::print_: {
      const auto* map = as<MapRef>(call.args[0]);
      if (!map || map->key) number(call.args[0]);
      return;
    }
    case BuiltinId::str_:
      convert_text_source(call.args[0]);
      if (call.args.size() > 1) {
        number(call.args[1]);
        convert(call.args[1], word);
      }
      return;
    case BuiltinId::ksym_:
    case BuiltinId::usym_:
      convert(call.args[0], word);
      return;
    case BuiltinId::cgroup_path_:
    case BuiltinId::signal_:
    case BuiltinId::signal_thread_:
    case BuiltinId::override_:
      number(call.args[0]);
      convert(call.args[0], word);
      return;
    case BuiltinId::write_user_:
      convert(call.args[0], word);
      number(call.args[1]);
      number(call.args[2]);
      convert(call.args[2], word);
      return;
    case BuiltinId::strftime_:
      number(call.args[1]);
      convert(call.args[1], word);
      return;
    case BuiltinId::exit_:
      if (!call.args.empty()) {
        number(call.args[0]);
        convert(call.args[0], int_type(8, true));
      }
      return;
    default:
      return;
  }
}

}  // namespace

void insert_casts(Ast& ast, CheckedScript& script, const MapTable& maps) {
  CastInserter inserter(ast, maps);
  for (const Program* code : script.all_code()) inserter.program(*code);
}

}  // namespace tracer::ast

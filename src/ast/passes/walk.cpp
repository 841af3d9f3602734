#include "ast/passes/walk.h"

namespace tracer::ast {

void Walker::clause(Clause& clause) {
  child(clause.filter);
  child(clause.body);
}

void Walker::block(Block& block) {
  for (Statement*& each : block.statements) statement(each);
  child(block.value);
}

void Walker::statement(Statement*& slot) { statement_children(*slot); }
void Walker::expr(Expr*& slot) { expr_children(*slot); }

void Walker::type_spec(TypeSpec* spec) {
  for (; spec; spec = spec->typeof_type) child(spec->typeof_expr);
}

void Walker::unevaluated(TypeOrExpr& of) {
  type_spec(of.type);
  child(of.expr);
}

void Walker::statement_children(Statement& statement) {
  switch (statement.kind) {
    case StatementKind::Let: {
      auto& let = static_cast<Let&>(statement);
      type_spec(let.declared);
      child(let.value);
      Expr* variable = let.variable;
      child(variable);
      break;
    }
    case StatementKind::Assign: {
      auto& assign = static_cast<Assign&>(statement);
      child(assign.value);
      child(assign.target);
      break;
    }
    case StatementKind::Discard:
      child(static_cast<Discard&>(statement).value);
      break;
    case StatementKind::For: {
      auto& loop = static_cast<For&>(statement);
      if (loop.map) {
        Expr* map = loop.map;
        child(map);
      }
      child(loop.begin);
      child(loop.end);
      Expr* variable = loop.variable;
      child(variable);
      child(loop.body);
      break;
    }
    case StatementKind::While:
      child(static_cast<While&>(statement).condition);
      child(static_cast<While&>(statement).body);
      break;
    case StatementKind::Unroll:
      child(static_cast<Unroll&>(statement).count);
      child(static_cast<Unroll&>(statement).body);
      break;
    case StatementKind::Jump:
      break;
    case StatementKind::Return:
      child(static_cast<Return&>(statement).value);
      break;
    case StatementKind::ExprStatement:
      child(static_cast<ExprStatement&>(statement).expr);
      break;
    case StatementKind::ImportStatement:
      break;
  }
}

void Walker::if_children(IfExpr& branch) {
  child(branch.condition);
  for (Block* each : {branch.then_block, branch.else_block}) {
    if (each && branch.comptime) comptime_branch(*each);
    if (each && !branch.comptime) block(*each);
  }
}

void Walker::expr_children(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::IntLiteral:
    case ExprKind::StringLiteral:
    case ExprKind::BoolLiteral:
    case ExprKind::Identifier:
    case ExprKind::Positional:
    case ExprKind::PositionalCount:
    case ExprKind::Variable:
      break;
    case ExprKind::MapRef:
      child(static_cast<MapRef&>(expr).key);
      break;
    case ExprKind::Call:
      for (Expr*& arg : static_cast<Call&>(expr).args) child(arg);
      break;
    case ExprKind::Unary:
      child(static_cast<Unary&>(expr).operand);
      break;
    case ExprKind::Binary:
      child(static_cast<Binary&>(expr).left);
      child(static_cast<Binary&>(expr).right);
      break;
    case ExprKind::Ternary:
      child(static_cast<Ternary&>(expr).condition);
      child(static_cast<Ternary&>(expr).then_value);
      child(static_cast<Ternary&>(expr).else_value);
      break;
    case ExprKind::FieldAccess:
      child(static_cast<FieldAccess&>(expr).object);
      break;
    case ExprKind::TupleAccess:
      child(static_cast<TupleAccess&>(expr).object);
      break;
    case ExprKind::Index:
      child(static_cast<Index&>(expr).object);
      child(static_cast<Index&>(expr).index);
      break;
    case ExprKind::Cast:
      type_spec(static_cast<Cast&>(expr).target);
      child(static_cast<Cast&>(expr).operand);
      break;
    case ExprKind::TupleExpr:
      for (Expr*& element : static_cast<TupleExpr&>(expr).elements) child(element);
      break;
    case ExprKind::RecordExpr:
      for (auto& [name, element] : static_cast<RecordExpr&>(expr).elements) child(element);
      break;
    case ExprKind::IfExpr:
      if_children(static_cast<IfExpr&>(expr));
      break;
    case ExprKind::BlockExpr:
      child(static_cast<BlockExpr&>(expr).block);
      break;
    case ExprKind::SizeOf:
      unevaluated(static_cast<SizeOf&>(expr).of);
      break;
    case ExprKind::OffsetOf:
      unevaluated(static_cast<OffsetOf&>(expr).of);
      break;
    case ExprKind::TypeInfo:
      unevaluated(static_cast<TypeInfo&>(expr).of);
      break;
    case ExprKind::TypeOf:
      unevaluated(static_cast<TypeOf&>(expr).of);
      break;
    case ExprKind::Comptime:
      child(static_cast<Comptime&>(expr).operand);
      break;
  }
}

std::vector<Clause*> all_code(const Script& script) {
  std::vector<Clause*> code;
  for (const Function* function : script.functions) code.push_back(function->code);
  code.insert(code.end(), script.clauses.begin(), script.clauses.end());
  return code;
}

}  // namespace tracer::ast

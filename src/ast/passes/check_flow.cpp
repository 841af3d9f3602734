#include "ast/passes/check_flow.h"

#include <algorithm>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

bool is_exit(const Expr* expr) {
  const auto* call = as<Call>(expr);
  return call && call->builtin && call->builtin->id == BuiltinId::exit_;
}

// Nothing after it in its block is reached.
bool leaves(const Statement& statement) {
  if (statement.kind == StatementKind::Jump || statement.kind == StatementKind::Return) return true;
  const auto* plain = as<ExprStatement>(&statement);
  return plain && is_exit(plain->expr);
}

bool ends(const Block* block);

// Whatever happens in it, the code is left there.
bool ends(const Statement& statement) {
  if (statement.kind == StatementKind::Return) return true;
  if (const auto* unroll = as<Unroll>(&statement)) return ends(unroll->body);
  const auto* plain = as<ExprStatement>(&statement);
  if (!plain) return false;
  if (is_exit(plain->expr)) return true;
  if (const auto* nested = as<BlockExpr>(plain->expr)) return ends(nested->block);
  const auto* branch = as<IfExpr>(plain->expr);
  if (!branch) return false;
  const bool always = branch->condition->constant && *branch->condition->constant != 0;
  return ends(branch->then_block) && (always || ends(branch->else_block));
}

bool ends(const Expr* value) {
  if (is_exit(value)) return true;
  if (const auto* nested = as<BlockExpr>(value)) return ends(nested->block);
  const auto* branch = as<IfExpr>(value);
  return branch && ends(branch->then_block) && ends(branch->else_block);
}

bool ends(const Block* block) {
  if (!block) return false;
  if (block->value && ends(block->value)) return true;
  return std::any_of(block->statements.begin(), block->statements.end(),
                     [](const Statement* each) { return ends(*each); });
}

class FlowChecker : public Walker {
 public:
  explicit FlowChecker(Diagnostics& diags) : diags_(diags) {}

  void clause(Clause& clause) override {
    loops_ = whiles_ = 0;
    with_value_ = without_value_ = nullptr;
    function_ = clause.function;
    Walker::clause(clause);
    if (function_) check_end(*function_);
  }

  void block(Block& block) override {
    bool reported = false;
    for (size_t i = 0; i < block.statements.size(); ++i) {
      if (!reported && i > 0 && leaves(*block.statements[i - 1])) {
        diags_.report(block.statements[i]->span, diag::unreachable);
        reported = true;
      }
      statement(block.statements[i]);
    }
    if (!block.value) return;
    if (!reported && !block.statements.empty() && leaves(*block.statements.back())) {
      diags_.report(block.value->span, diag::unreachable);
    }
    expr(block.value);
  }

  void statement(Statement*& slot) override {
    if (auto* loop = as<For>(slot)) {
      child(loop->begin);
      child(loop->end);
      ++loops_;
      child(loop->body);
      --loops_;
      return;
    }
    if (auto* loop = as<While>(slot)) {
      child(loop->condition);
      ++whiles_;
      child(loop->body);
      --whiles_;
      return;
    }
    if (const auto* jump = as<Jump>(slot)) {
      if (loops_ + whiles_ == 0)
        diags_.report(jump->span, diag::jump_outside_loop, jump->is_break ? "break" : "continue");
    } else if (const auto* leave = as<Return>(slot)) {
      check_return(*leave);
    } else if (const auto* plain = as<ExprStatement>(slot)) {
      check_discarded(*plain->expr);
    }
    statement_children(*slot);
  }

  void expr(Expr*& slot) override {
    if (loops_ > 0) check_in_loop(*slot);
    expr_children(*slot);
  }

 private:
  void check_end(const Function& function) {
    if (function.result_type.is(TypeKind::Void) || function.result_type.is(TypeKind::Error)) return;
    if (ends(function.body)) return;
    diags_.report(function.name_span, diag::missing_return, function.name)
        .hint(function.body->value ? "write `return ...;`: the last expression is no result" : "");
  }

  void check_return(const Return& leave) {
    if (function_) return;  // its result type says which kind
    const Return*& same = leave.value ? with_value_ : without_value_;
    const Return* other = leave.value ? without_value_ : with_value_;
    if (!same) same = &leave;
    if (other) diags_.report(leave.span, diag::mixed_returns).note(other->span, "the other kind");
  }

  void check_discarded(const Expr& expr) {
    // What has an effect besides its value.
    if (expr.kind == ExprKind::IfExpr || expr.kind == ExprKind::BlockExpr || expr.kind == ExprKind::Unary) {
      const auto* unary = as<Unary>(&expr);
      if (!unary || unary->op >= UnaryOp::PreIncrement) return;
    }
    const auto* call = as<Call>(&expr);
    if (call && call->builtin && call->builtin->id == BuiltinId::delete_) return;
    if (call && call->builtin && call->builtin->id == BuiltinId::write_user_) return;
    if (expr.type.is(TypeKind::Void) || expr.type.is(TypeKind::Error) || expr.type.is(TypeKind::None)) return;
    diags_.report(expr.span, diag::value_discarded).hint("write `_ = ...;` when that is meant");
  }

  void check_in_loop(const Expr& expr) {
    if (is_exit(&expr)) diags_.report(expr.span, diag::exit_in_loop);
    const auto* identifier = as<Identifier>(&expr);
    if (!identifier || !identifier->builtin) return;
    const BuiltinId id = identifier->builtin->id;
    if (id != BuiltinId::args_ && id != BuiltinId::retval_ && id != BuiltinId::argN_ &&
        id != BuiltinId::func_)
      return;
    diags_.report(expr.span, diag::context_in_loop, identifier->name)
        .hint("store it in a variable before the loop");
  }

  Diagnostics& diags_;
  int loops_ = 0;
  int whiles_ = 0;
  const Function* function_ = nullptr;
  const Return* with_value_ = nullptr;
  const Return* without_value_ = nullptr;
};

}  // namespace

void check_flow(const CheckedScript& script, Diagnostics& diags) {
  FlowChecker checker(diags);
  for (const Program* code : script.all_code()) checker.clause(*code->clause);
}

}  // namespace tracer::ast

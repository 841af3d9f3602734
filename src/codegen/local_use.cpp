#include "codegen/local_use.h"

#include <algorithm>
#include <utility>

#include "ast/builtins.h"
#include "ast/passes/walk.h"

namespace tracer {
namespace {

class UseFinder : public ast::Walker {
 public:
  // The first `parameters` locals are set at the start, outside of loops and parts.
  UseFinder(size_t locals, size_t parameters) : parameters_(parameters), owners_(locals) {
    found.locals.resize(locals);
  }

  ClauseUse found;

  // A part is a function of its own.
  void block(ast::Block& block) override {
    const auto parts = found.parts.find(&block);
    if (parts == found.parts.end()) return Walker::block(block);
    auto part = parts->second.begin();
    const uint32_t outer = function_;
    for (size_t i = 0; i < block.statements.size(); ++i) {
      while (part != parts->second.end() && i >= part->end) ++part;
      const bool inside = part != parts->second.end() && i >= part->begin;
      if (inside && i == part->begin) function_ = ++functions_;
      if (!inside) function_ = outer;
      depth_ += inside;
      found.nesting = std::max(found.nesting, depth_);
      statement(block.statements[i]);
      depth_ -= inside;
    }
    function_ = outer;
    child(block.value);
  }

  void statement(ast::Statement*& slot) override {
    if (slot->kind == ast::StatementKind::Return) found.leaves_loop |= function_ != 0;
    if (auto* repeat = ast::as<ast::While>(slot)) return while_loop(*repeat);
    auto* loop = ast::as<ast::For>(slot);
    if (!loop) return Walker::statement(slot);
    child(loop->begin);
    child(loop->end);
    const uint32_t outer = enter_function();
    use(*loop->variable);
    child(loop->body);
    leave_function(outer);
  }

  void expr(ast::Expr*& slot) override {
    if (auto* variable = ast::as<ast::Variable>(slot)) return use(*variable);
    if (auto* unary = ast::as<ast::Unary>(slot); unary && unary->op == ast::UnaryOp::AddressOf) {
      auto* variable = ast::as<ast::Variable>(unary->operand);
      if (variable && variable->local < found.locals.size()) found.locals[variable->local].shared = true;
    }
    auto* call = ast::as<ast::Call>(slot);
    if (call && call->builtin && call->builtin->id == ast::BuiltinId::exit_)
      found.leaves_loop |= function_ != 0;
    if (call && call->function) {
      found.leaves_loop |= call->function->exits && function_ != 0;
      found.nesting = std::max(found.nesting, depth_ + 1 + call->function->nesting);
    }
    Walker::expr(slot);
  }

 protected:
  void unevaluated(ast::TypeOrExpr&) override {}

 private:
  // The condition is tested before the loop and in each round.
  void while_loop(ast::While& loop) {
    child(loop.condition);
    const uint32_t outer = enter_function();
    child(loop.body);
    child(loop.condition);
    leave_function(outer);
  }

  // Returns the function that is left for now.
  uint32_t enter_function() {
    found.nesting = std::max(found.nesting, ++depth_);
    return std::exchange(function_, ++functions_);
  }

  void leave_function(uint32_t outer) {
    function_ = outer;
    depth_--;
  }

  void use(const ast::Variable& variable) {
    if (variable.local >= owners_.size()) return;
    LocalUse& local = found.locals[variable.local];
    uint32_t& owner = owners_[variable.local];
    if (!local.used && variable.local >= parameters_) owner = function_;
    local.shared |= owner != function_;
    local.used = true;
  }

  size_t parameters_;
  std::vector<uint32_t> owners_;
  uint32_t function_ = 0;   // the one that is being walked; 0 is the program itself
  uint32_t functions_ = 0;  // numbers given so far
  uint32_t depth_ = 0;
};

}  // namespace

ClauseUse find_clause_use(ast::Clause& clause) {
  UseFinder finder(clause.locals.size(), clause.function ? clause.function->params.size() : 0);
  finder.found.parts = find_code_parts(clause);
  // Parameters are taken by the function itself, whoever reads them.
  if (clause.function)
    for (size_t i = 0; i < clause.function->params.size(); i++) finder.found.locals[i].used = true;
  finder.clause(clause);
  return std::move(finder.found);
}

}  // namespace tracer

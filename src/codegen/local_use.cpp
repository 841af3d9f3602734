#include "codegen/local_use.h"

#include <algorithm>

#include "ast/builtins.h"
#include "ast/passes/walk.h"

namespace tracer {
namespace {

class UseFinder : public ast::Walker {
 public:
  explicit UseFinder(size_t locals) : owners_(locals) { found.locals.resize(locals); }

  ClauseUse found;

  void statement(ast::Statement*& slot) override {
    if (slot->kind == ast::StatementKind::Return) found.leaves_loop |= function_ != 0;
    auto* loop = ast::as<ast::For>(slot);
    if (!loop) return Walker::statement(slot);
    child(loop->begin);
    child(loop->end);
    uint32_t outer = function_;
    function_ = ++functions_;
    found.loop_depth = std::max(found.loop_depth, ++depth_);
    use(*loop->variable);
    child(loop->body);
    function_ = outer;
    depth_--;
  }

  void expr(ast::Expr*& slot) override {
    if (auto* variable = ast::as<ast::Variable>(slot)) return use(*variable);
    auto* call = ast::as<ast::Call>(slot);
    if (call && call->builtin && call->builtin->id == ast::BuiltinId::exit_)
      found.leaves_loop |= function_ != 0;
    Walker::expr(slot);
  }

 protected:
  void unevaluated(ast::TypeOrExpr&) override {}

 private:
  void use(const ast::Variable& variable) {
    if (variable.local >= owners_.size()) return;
    LocalUse& local = found.locals[variable.local];
    uint32_t& owner = owners_[variable.local];
    if (!local.used) owner = function_;
    local.shared |= owner != function_;
    local.used = true;
  }

  std::vector<uint32_t> owners_;
  uint32_t function_ = 0;   // the one that is being walked; 0 is the program itself
  uint32_t functions_ = 0;  // numbers given so far
  uint32_t depth_ = 0;
};

}  // namespace

ClauseUse find_clause_use(ast::Clause& clause) {
  UseFinder finder(clause.locals.size());
  finder.clause(clause);
  return std::move(finder.found);
}

}  // namespace tracer

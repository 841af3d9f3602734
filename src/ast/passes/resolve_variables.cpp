#include "ast/passes/resolve_variables.h"

#include <map>
#include <optional>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/deferred.h"
#include "ast/passes/walk.h"
#include "base/text.h"

namespace tracer::ast {
namespace {

// Each suggestion looks at every name; a script with more errors has other troubles.
constexpr size_t kMostSuggestions = 50;

class Resolver : public Walker {
 public:
  explicit Resolver(Diagnostics& diags) : diags_(diags) {}

  void clause(Clause& clause) override {
    clause_ = &clause;
    assigned_.clear();
    ended_.clear();
    scopes_.assign(1, {});
    if (clause.function) {
      for (const Function::Param& each : clause.function->params) declare(*each.variable, true, true);
    }
    Walker::clause(clause);
    for (size_t i = 0; i < clause.locals.size(); ++i) {
      if (!assigned_[i])
        diags_.report(clause.locals[i].declared_at, diag::never_assigned, clause.locals[i].name);
    }
  }

  void block(Block& block) override {
    scopes_.emplace_back();
    Walker::block(block);
    end_scope();
  }

  void statement(Statement*& slot) override {
    if (auto* let = as<Let>(slot)) {
      type_spec(let->declared);
      child(let->value);
      declare(*let->variable, let->declared != nullptr, let->value != nullptr);
    } else if (auto* assign = as<Assign>(slot)) {
      child(assign->value);
      assign_target(*assign);
    } else if (auto* loop = as<For>(slot)) {
      child(loop->begin);
      child(loop->end);
      scopes_.emplace_back();
      declare(*loop->variable, false, true);
      child(loop->body);
      end_scope();
    } else {
      statement_children(*slot);
    }
  }

  void expr(Expr*& slot) override {
    if (auto* variable = as<Variable>(slot)) {
      read(*variable);
    } else if (auto* unary = as<Unary>(slot); unary && as<Variable>(unary->operand) && changes(unary->op)) {
      assign_to(*static_cast<Variable*>(unary->operand));
    } else if (auto* call = as<Call>(slot); call && call->builtin && call->builtin->id == BuiltinId::find_) {
      found_value(*call);
    } else {
      expr_children(*slot);
    }
  }

 protected:
  void comptime_branch(Block& branch) override {
    keep_messages(diags_, branch, [&] { block(branch); });
  }

  void unevaluated(TypeOrExpr& of) override {
    const bool outer = evaluated_;
    evaluated_ = false;
    Walker::unevaluated(of);
    evaluated_ = outer;
  }

 private:
  static bool changes(UnaryOp op) {
    return op == UnaryOp::PreIncrement || op == UnaryOp::PreDecrement || op == UnaryOp::PostIncrement ||
           op == UnaryOp::PostDecrement ||
           op == UnaryOp::AddressOf;  // whoever has the address may write there
  }

  // A macro's own variables are other ones than those of the same name around its use.
  using Key = std::pair<std::string, uint32_t>;
  static Key key_of(const Variable& variable) { return {variable.name, variable.expansion}; }

  void end_scope() {
    ended_.merge(scopes_.back());
    scopes_.pop_back();
  }

  std::optional<uint32_t> find(const Variable& variable) const {
    const Key key = key_of(variable);
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      if (const auto found = scope->find(key); found != scope->end()) return found->second;
    }
    return std::nullopt;
  }

  void add(Variable& variable, bool has_type, bool assigned) {
    variable.local = static_cast<uint32_t>(clause_->locals.size());
    clause_->locals.push_back({variable.name, variable.span, {}, has_type});
    assigned_.push_back(assigned);
    scopes_.back()[key_of(variable)] = variable.local;
  }

  void assign_to(Variable& variable) {
    if (resolve(variable)) assigned_[variable.local] = true;
  }

  // `find(@m, k, $v)` assigns to its last argument.
  void found_value(Call& call) {
    for (Expr*& argument : call.args) {
      auto* variable = &argument == &call.args.back() ? as<Variable>(argument) : nullptr;
      variable ? assign_to(*variable) : expr(argument);
    }
  }

  void declare(Variable& variable, bool has_type, bool assigned) {
    if (const auto visible = find(variable)) {
      diags_.report(variable.span, diag::redeclared_variable, variable.name)
          .note(clause_->locals[*visible].declared_at, "declared here");
    }
    add(variable, has_type, assigned);
  }

  void assign_target(Assign& assign) {
    auto* variable = as<Variable>(assign.target);
    if (!variable) return child(assign.target);
    if (!assign.op && !find(*variable)) return add(*variable, false, true);
    assign_to(*variable);
  }

  std::vector<std::string> visible(uint32_t expansion) const {
    std::vector<std::string> names;
    for (const auto& scope : scopes_) {
      for (const auto& [key, local] : scope) {
        const bool known = !clause_->locals[local].type.is(TypeKind::Error);
        if (known && key.second == expansion) names.push_back("$" + key.first);
      }
    }
    return names;
  }

  bool resolve(Variable& variable) {
    if (const auto found = find(variable)) {
      variable.local = *found;
      return true;
    }
    auto& message = diags_.report(variable.span, diag::undefined_variable, variable.name);
    if (const auto ended = ended_.find(key_of(variable)); ended != ended_.end())
      message.note(clause_->locals[ended->second].declared_at, "set here, in a block that has ended")
          .hint(fmt::format("write `let ${};` before that block", variable.name));
    else if (diags_.error_count() <= kMostSuggestions)
      message.hint(did_you_mean("$" + variable.name, visible(variable.expansion)));
    // Later passes find a declaration all the same, and stay silent about it.
    add(variable, false, true);
    clause_->locals.back().type = error_type();
    return false;
  }

  void read(Variable& variable) {
    if (!resolve(variable) || assigned_[variable.local] || !evaluated_) return;
    diags_.report(variable.span, diag::read_before_assignment, variable.name)
        .note(clause_->locals[variable.local].declared_at, "declared here");
  }

  Diagnostics& diags_;
  Clause* clause_ = nullptr;
  std::vector<std::map<Key, uint32_t>> scopes_;
  std::map<Key, uint32_t> ended_;  // what stood in scopes that are left
  std::vector<bool> assigned_;
  bool evaluated_ = true;
};

}  // namespace

void resolve_variables(Ast& ast, Diagnostics& diags) {
  Resolver resolver(diags);
  for (Clause* code : all_code(ast.script)) resolver.clause(*code);
}

}  // namespace tracer::ast

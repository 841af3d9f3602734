#include "ast/passes/expand_macros.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/clone.h"
#include "ast/passes/macro_arguments.h"
#include "ast/passes/macro_table.h"
#include "ast/passes/tree_size.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

// What all expansions of a script may come to; macros that use others twice each double with every one.
constexpr size_t kMostNodes = 100000;
// Later passes walk by recursion.
constexpr size_t kMostDepth = 1500;
constexpr size_t kMostNesting = 100;

class Expander : public Walker {
 public:
  Expander(Ast& ast, Sources& sources, Diagnostics& diags)
      : ast_(ast), sources_(sources), diags_(diags), table_(ast.script, diags) {}

  void statement(Statement*& slot) override {
    auto* plain = as<ExprStatement>(slot);
    if (plain && as<Call>(plain->expr)) {
      call(plain->expr, static_cast<Call&>(*plain->expr), /*whole_statement=*/true);
    } else if (plain && as<Identifier>(plain->expr)) {
      identifier(plain->expr, static_cast<Identifier&>(*plain->expr), /*whole_statement=*/true);
    } else {
      statement_children(*slot);
    }
  }

  void expr(Expr*& slot) override {
    if (auto* use = as<Call>(slot)) {
      call(slot, *use, false);
    } else if (auto* use = as<Identifier>(slot)) {
      identifier(slot, *use, false);
    } else {
      expr_children(*slot);
    }
  }

 private:
  void call(Expr*& slot, Call& use, bool whole_statement) {
    const auto overloads = table_.overloads(use.name);
    for (Expr*& argument : use.args) {
      // In an argument of a macro a name may be that of a field.
      if (overloads.empty() || !is_path(argument)) {
        expr(argument);
      } else if (auto* name = as<Identifier>(argument)) {
        identifier(argument, *name, false, /*may_be_field=*/true);
      }
    }
    if (overloads.empty()) return;
    const auto only_read = [&](const Expr* argument) { return only_read_.contains(argument); };
    if (const Macro* macro = table_.find(use.name, use.args, only_read)) {
      expand(slot, *macro, use.args, use.span, whole_statement);
    } else if (!named_otherwise(use.name)) {
      no_overload(slot, use.name);
    }
  }

  void identifier(Expr*& slot, const Identifier& use, bool whole_statement, bool may_be_field = false) {
    const auto overloads = table_.overloads(use.name);
    if (overloads.empty()) return;
    if (const Macro* macro = table_.find(use.name, {}, [](const Expr*) { return false; })) {
      expand(slot, *macro, {}, use.span, whole_statement);
    } else if (!may_be_field && !named_otherwise(use.name)) {
      no_overload(slot, use.name);
    }
  }

  // `a.b.c`, which may be a field for offsetof.
  static bool is_path(const Expr* expr) {
    while (const auto* access = as<FieldAccess>(expr)) expr = access->object;
    return as<Identifier>(expr) != nullptr;
  }

  void no_overload(Expr*& slot, const std::string& name) {
    auto& message = diags_.report(slot->span, diag::macro_no_overload, name);
    for (const Macro* each : table_.overloads(name))
      message.note(each->name_span, fmt::format("defined as {}", signature(*each)));
    message.hint("a parameter `$x` takes a variable, `@m` a map without key, `x` any expression");
    fail(slot);
  }

  // A function that the macro does not replace.
  bool named_otherwise(const std::string& name) const {
    return find_builtin(name) || std::ranges::any_of(ast_.script.functions, [&](const Function* function) {
             return function->name == name;
           });
  }

  void expand(Expr*& slot, const Macro& macro, std::span<Expr* const> args, Span at, bool whole_statement) {
    if (active_.empty()) outermost_ = at;
    if (!allowed(macro, at)) return fail(slot);
    Block* body = clone(ast_, *macro.body, sources_.add_expansion(macro.body->span.source, at));
    const MacroUse use{macro, args, ++expansions_};
    const size_t own = size_of_tree(*body, budget_, kMostDepth).nodes;
    const bool fits = own <= budget_;
    budget_ -= std::min(own, budget_);
    if (!fits || !put_arguments(ast_, *body, use, only_read_, budget_, diags_)) return too_large(slot);
    active_.push_back(&macro);
    block(*body);
    active_.pop_back();
    if (size_of_tree(*body, kMostNodes, kMostDepth).depth > kMostDepth) return too_large(slot);
    put(slot, *body, at, whole_statement);
  }

  void put(Expr*& slot, Block& body, Span at, bool whole_statement) {
    if (body.value && body.statements.empty() && !whole_statement) {
      slot = body.value;  // a literal stays one
      return;
    }
    auto* nested = ast_.make<BlockExpr>(at);
    nested->block = &body;
    slot = nested;
  }

  bool allowed(const Macro& macro, Span at) {
    if (std::ranges::find(active_, &macro) != active_.end()) {
      diags_.report(at, diag::macro_recursion, macro.name);
      return false;
    }
    if (active_.size() < kMostNesting) return true;
    diags_.report(outermost_, diag::macro_nesting, kMostNesting)
        .hint("use a function: `fn name(...) : TYPE { ... }`");
    return false;
  }

  void too_large(Expr*& slot) {
    if (!reported_size_)
      diags_.report(outermost_, diag::macro_too_large).hint("use a function: `fn name(...) : TYPE { ... }`");
    reported_size_ = true;
    fail(slot);
  }

  // Something that later passes say nothing about.
  void fail(Expr*& slot) {
    auto* nothing = ast_.make<IntLiteral>(slot->span);
    nothing->type = error_type();
    slot = nothing;
  }

  Ast& ast_;
  Sources& sources_;
  Diagnostics& diags_;
  MacroTable table_;
  std::vector<const Macro*> active_;
  std::unordered_set<const Expr*> only_read_;
  Span outermost_;  // use in a clause that is being expanded
  uint32_t expansions_ = 0;
  size_t budget_ = kMostNodes;
  bool reported_size_ = false;
};

}  // namespace

void expand_macros(Ast& ast, Sources& sources, Diagnostics& diags) {
  if (ast.script.macros.empty()) return;
  Expander expander(ast, sources, diags);
  for (Clause* code : all_code(ast.script)) expander.clause(*code);
}

}  // namespace tracer::ast

#include "ast/passes/macro_table.h"

#include <algorithm>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

using Sigil = MacroParam::Sigil;

std::string written(const MacroParam& param) {
  return param.sigil == Sigil::Variable ? "$" + param.name : param.name;
}

bool same_kinds(const Macro& a, const Macro& b) {
  return std::equal(a.params.begin(), a.params.end(), b.params.begin(), b.params.end(),
                    [](const MacroParam& x, const MacroParam& y) { return x.sigil == y.sigil; });
}

bool takes(const MacroParam& param, const Expr* argument, bool only_read) {
  const auto* map = as<MapRef>(argument);
  switch (param.sigil) {
    case Sigil::Variable:
      return as<Variable>(argument) && !only_read;
    case Sigil::Map:
      return map && !map->key && !only_read;
    case Sigil::Expression:
      return true;
  }
  return false;
}

// Which argument of a function is changed by it.
int changed_argument(const Call& call) {
  if (call.name == "clear" || call.name == "zero" || call.name == "delete") return 0;
  return call.name == "find" ? 2 : -1;
}

// What a body may not hold.
class BodyChecker : public Walker {
 public:
  BodyChecker(const Macro& macro, Diagnostics& diags) : macro_(macro), diags_(diags) {}

  void run() {
    for (const Statement* each : macro_.body->statements) check_direct(*each);
    if (macro_.body->value) check_exit(*macro_.body->value);
    block(*macro_.body);
  }

  void expr(Expr*& slot) override {
    if (const auto* map = as<MapRef>(slot); map && !is_parameter(Sigil::Map, map->name)) {
      diags_.report(map->span, diag::macro_foreign_map, map->name, macro_.name)
          .hint(fmt::format("pass it: `macro {}(..., {})`", macro_.name, map->name));
    } else if (const auto* call = as<Call>(slot)) {
      check_changes(*call);
    }
    expr_children(*slot);
  }

 private:
  bool is_parameter(Sigil sigil, const std::string& name) const {
    return std::ranges::any_of(
        macro_.params, [&](const MacroParam& param) { return param.sigil == sigil && param.name == name; });
  }

  void check_direct(const Statement& statement) {
    if (const auto* jump = as<Jump>(&statement)) {
      refuse(statement.span, jump->is_break ? "break" : "continue");
    } else if (statement.kind == StatementKind::Return) {
      refuse(statement.span, "return");
    } else if (const auto* plain = as<ExprStatement>(&statement)) {
      check_exit(*plain->expr);
    }
  }

  void check_exit(const Expr& expr) {
    const auto* call = as<Call>(&expr);
    if (call && call->name == "exit") refuse(expr.span, "exit()");
  }

  void refuse(Span at, const char* what) {
    diags_.report(at, diag::macro_jump, what, macro_.name)
        .hint("it would leave the clause that uses the macro; put it there");
  }

  void check_changes(const Call& call) {
    const int changed = changed_argument(call);
    if (changed < 0 || static_cast<size_t>(changed) >= call.args.size()) return;
    const auto* name = as<Identifier>(call.args[static_cast<size_t>(changed)]);
    if (!name || !is_parameter(Sigil::Expression, name->name)) return;
    diags_.report(name->span, diag::macro_changes_expression, name->name)
        .hint(fmt::format("declare it as `{}{}` to let the macro change it", changed == 0 ? '@' : '$',
                          name->name));
  }

  const Macro& macro_;
  Diagnostics& diags_;
};

void check_parameters(const Macro& macro, Diagnostics& diags) {
  for (size_t i = 0; i < macro.params.size(); ++i) {
    const MacroParam& param = macro.params[i];
    if (param.sigil == Sigil::Expression && find_builtin(param.name))
      diags.report(param.span, diag::macro_parameter_builtin, param.name).hint("choose another name");
    for (size_t j = 0; j < i; ++j) {
      if (macro.params[j].sigil != param.sigil || macro.params[j].name != param.name) continue;
      diags.report(param.span, diag::macro_parameter_twice, written(param))
          .note(macro.params[j].span, "the first one is here");
      break;
    }
  }
}

}  // namespace

MacroTable::MacroTable(const Script& script, Diagnostics& diags) {
  for (const Macro* macro : script.macros) {
    check_parameters(*macro, diags);
    BodyChecker(*macro, diags).run();
    std::vector<const Macro*>& same_name = by_name_[macro->name];
    const auto twice =
        std::ranges::find_if(same_name, [&](const Macro* other) { return same_kinds(*macro, *other); });
    if (twice != same_name.end()) {
      diags.report(macro->name_span, diag::macro_twice, signature(*macro))
          .note((*twice)->name_span, "the first one is here");
      continue;
    }
    same_name.push_back(macro);
  }
}

std::span<const Macro* const> MacroTable::overloads(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return {};
  return found->second;
}

const Macro* MacroTable::find(const std::string& name, std::span<Expr* const> args,
                              const OnlyRead& only_read) const {
  for (const Macro* macro : overloads(name)) {
    if (std::equal(macro->params.begin(), macro->params.end(), args.begin(), args.end(),
                   [&](const MacroParam& param, const Expr* argument) {
                     return takes(param, argument, only_read(argument));
                   }))
      return macro;
  }
  return nullptr;
}

std::string signature(const Macro& macro) {
  std::string text = macro.name + "(";
  for (const MacroParam& param : macro.params) {
    if (!text.ends_with('(')) text += ", ";
    text += written(param);
  }
  return text + ")";
}

}  // namespace tracer::ast

#include "ast/passes/expand_c_macros.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

// Of one script: definitions that use each other twice grow without bounds otherwise.
constexpr size_t kMostExpansions = 20000;

class Expander : public Walker {
 public:
  Expander(Ast& ast, Sources& sources, CMacros& macros, Diagnostics& diags)
      : ast_(ast), sources_(sources), macros_(macros), diags_(diags) {
    for (const Macro* macro : ast.script.macros) own_.insert(macro->name);
  }

  void run() {
    for (Macro* macro : ast_.script.macros) {
      parameters_.clear();
      for (const MacroParam& each : macro->params) parameters_.insert(each.name);
      block(*macro->body);
    }
    parameters_.clear();
    for (Clause* code : all_code(ast_.script)) clause(*code);
  }

  void expr(Expr*& slot) override {
    if (auto* identifier = as<Identifier>(slot)) return expand(slot, *identifier);
    auto* call = as<Call>(slot);
    // Its second and third argument are a type and a field.
    if (call && call->name == "container_of") {
      if (!call->args.empty()) child(call->args[0]);
      return;
    }
    expr_children(*slot);
  }

 private:
  void expand(Expr*& slot, Identifier& identifier) {
    const std::string& name = identifier.name;
    if (identifier.builtin || own_.contains(name) || parameters_.contains(name) || find_builtin(name)) return;
    const auto text = macros_.text(name);
    // `#define NAME NAME` only tells C that there is such a constant.
    if (!text || *text == name) return;
    if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
      diags_.report(identifier.span, diag::c_macro_recursive, name);
      return give_up(identifier);
    }
    if (++expansions_ > kMostExpansions) {
      if (expansions_ == kMostExpansions + 1) diags_.report(identifier.span, diag::c_macro_too_large, name);
      return give_up(identifier);
    }
    const uint32_t source = sources_.add_expansion(text_source(name, *text), identifier.span);
    Expr* value = macros_.parse(ast_, sources_, source);
    if (!value) {
      diags_.report(identifier.span, diag::c_macro_no_expression, name,
                    text->empty() ? "nothing" : "`" + *text + "`");
      return give_up(identifier);
    }
    slot = value;
    open_.push_back(name);
    expr(slot);
    open_.pop_back();
  }

  static void give_up(Identifier& identifier) {
    identifier.type = error_type();
    identifier.constant = 0;  // no pass looks further
  }

  uint32_t text_source(const std::string& name, const std::string& text) {
    auto [known, added] = text_sources_.try_emplace(name, 0);
    if (added) known->second = sources_.add("C preamble", "#define " + name + " " + text);
    return known->second;
  }

  Ast& ast_;
  Sources& sources_;
  CMacros& macros_;
  Diagnostics& diags_;
  std::set<std::string> own_;         // macros of the script
  std::set<std::string> parameters_;  // of the macro around
  std::vector<std::string> open_;     // names that are being expanded
  std::unordered_map<std::string, uint32_t> text_sources_;
  size_t expansions_ = 0;
};

}  // namespace

void expand_c_macros(Ast& ast, Sources& sources, CMacros& macros, Diagnostics& diags) {
  Expander(ast, sources, macros, diags).run();
}

}  // namespace tracer::ast

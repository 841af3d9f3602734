#include "ast/passes/macro_arguments.h"

#include <optional>
#include <unordered_map>
#include <vector>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/clone.h"
#include "ast/passes/tree_size.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

using Sigil = MacroParam::Sigil;

// `a.b.c` as names; empty when the expression is something else.
std::vector<std::string> field_path(const Expr* expr) {
  if (const auto* name = as<Identifier>(expr)) return {name->name};
  const auto* access = as<FieldAccess>(expr);
  if (!access) return {};
  std::vector<std::string> path = field_path(access->object);
  if (!path.empty()) path.push_back(access->field);
  return path;
}

bool is_plain_name(const TypeSpec& spec) {
  return spec.tag == TypeSpec::Tag::None && !spec.name.empty() && spec.suffixes.empty();
}

class Substitution : public Walker {
 public:
  Substitution(Ast& ast, const MacroUse& use, std::unordered_set<const Expr*>& only_read, size_t& budget,
               Diagnostics& diags)
      : ast_(ast), use_(use), only_read_(only_read), budget_(budget), diags_(diags) {
    for (size_t i = 0; i < use.macro.params.size(); ++i) {
      const MacroParam& param = use.macro.params[i];
      bound_[static_cast<size_t>(param.sigil)].emplace(param.name, use.args[i]);
    }
  }

  bool exceeded = false;

  void statement(Statement*& slot) override {
    statement_children(*slot);
    if (auto* let = as<Let>(slot)) spec(let->declared);
  }

  void expr(Expr*& slot) override {
    if (auto* variable = as<Variable>(slot)) {
      rename(*variable);
    } else if (const auto* name = as<Identifier>(slot)) {
      if (Expr* argument = find(Sigil::Expression, name->name)) slot = copy(*argument);
    } else {
      if (auto* map = as<MapRef>(slot)) {
        if (const Expr* argument = find(Sigil::Map, map->name)) map->name = as<MapRef>(argument)->name;
      } else if (auto* offset = as<OffsetOf>(slot)) {
        fields(*offset);
      }
      expr_children(*slot);
      if (auto* cast = as<Cast>(slot)) spec(cast->target);
    }
  }

 protected:
  void unevaluated(TypeOrExpr& of) override {
    Walker::unevaluated(of);
    spec(of.type);
  }

 private:
  Expr* find(Sigil sigil, const std::string& name) const {
    const auto& table = bound_[static_cast<size_t>(sigil)];
    const auto found = table.find(name);
    return found == table.end() ? nullptr : found->second;
  }

  Expr* copy(Expr& argument) {
    const size_t nodes = size_of_tree(argument, budget_, budget_).nodes;
    if (nodes > budget_) {
      exceeded = true;
      budget_ = 0;
      return &argument;
    }
    budget_ -= nodes;
    Expr* made = clone(ast_, argument);
    only_read_.insert(made);
    return made;
  }

  // The caller's variable, or one of this use's own.
  void rename(Variable& variable) {
    if (const auto* mine = as<Variable>(find(Sigil::Variable, variable.name))) {
      variable.name = mine->name;
      variable.expansion = mine->expansion;
    } else {
      variable.expansion = use_.expansion;
    }
  }

  // `t`, `t*`, `struct t` where t is a parameter. After the children: what is put in is the caller's.
  void spec(TypeSpec* spec) {
    for (; spec; spec = spec->typeof_type) {
      Expr* argument = spec->name.empty() ? nullptr : find(Sigil::Expression, spec->name);
      if (!argument) continue;
      replace(*spec, *argument);
      return;
    }
  }

  void replace(TypeSpec& spec, Expr& argument) {
    const auto* type = as<TypeOf>(&argument);
    const auto* name = as<Identifier>(&argument);
    std::optional<std::string> plain;
    if (type && type->of.type && is_plain_name(*type->of.type)) plain = type->of.type->name;
    if (name && !find_builtin(name->name)) plain = name->name;
    if (plain) {
      spec.name = *plain;
    } else if (spec.tag != TypeSpec::Tag::None) {
      diags_.report(argument.span, diag::macro_tag_argument).note(spec.span, "used as a tag here");
      spec.typeof_expr = nothing(argument.span);
    } else if (type && type->of.type) {
      spec.name.clear();
      spec.typeof_type = clone(ast_, *type->of.type);
    } else {
      spec.name.clear();
      spec.typeof_expr = copy(type ? *type->of.expr : argument);
    }
  }

  // Something that later passes say nothing about.
  Expr* nothing(Span span) {
    auto* literal = ast_.make<IntLiteral>(span);
    literal->type = error_type();
    return literal;
  }

  void fields(OffsetOf& offset) {
    if (offset.fields.empty()) return;
    const Expr* argument = find(Sigil::Expression, offset.fields.front());
    if (!argument) return;
    std::vector<std::string> path = field_path(argument);
    if (path.empty()) {
      diags_.report(argument->span, diag::macro_field_argument).note(offset.span, "used as a field here");
      offset.of = {nullptr, nothing(offset.span)};
      return;
    }
    path.insert(path.end(), offset.fields.begin() + 1, offset.fields.end());
    offset.fields = std::move(path);
  }

  Ast& ast_;
  const MacroUse& use_;
  std::unordered_set<const Expr*>& only_read_;
  size_t& budget_;
  Diagnostics& diags_;
  std::unordered_map<std::string, Expr*> bound_[3];  // by Sigil
};

}  // namespace

bool put_arguments(Ast& ast, Block& body, const MacroUse& use, std::unordered_set<const Expr*>& only_read,
                   size_t& budget, Diagnostics& diags) {
  Substitution substitution(ast, use, only_read, budget, diags);
  substitution.block(body);
  return !substitution.exceeded;
}

}  // namespace tracer::ast

#include "ast/passes/resolve_maps.h"

#include <algorithm>
#include <unordered_map>

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
  Resolver(const std::vector<KnownMap>* known, Plan& plan, Diagnostics& diags)
      : known_(known), plan_(plan), diags_(diags) {}

  void declare(const MapDecl& declaration) {
    const auto [first, is_new] = declarations_.emplace(declaration.name, &declaration);
    if (!is_new) {
      diags_.report(declaration.span, diag::map_declared_twice, declaration.name)
          .note(first->second->span, "declared here");
      return;
    }
    // What other scripts share is made by the first that uses it.
    if (!known_) find(declaration.name, declaration.span);
  }

  void statement(Statement*& slot) override {
    if (auto* loop = as<For>(slot); loop && loop->map) {
      whole(*loop->map);
      return child(loop->body);
    }
    auto* assign = as<Assign>(slot);
    auto* map = assign ? as<MapRef>(assign->target) : nullptr;
    if (!map) return statement_children(*slot);
    child(assign->value);
    use(*map);
    set_once(table_[map->map].written_at, map->span);
  }

  void expr(Expr*& slot) override {
    if (auto* map = as<MapRef>(slot)) {
      use(*map);
    } else if (auto* call = as<Call>(slot);
               call && call->builtin && call->builtin->form == BuiltinForm::MapFunction) {
      map_function(*call);
    } else if (auto* unary = as<Unary>(slot)) {
      auto* operand = as<MapRef>(unary->operand);
      if (operand && unary->op == UnaryOp::AddressOf) return whole(*operand);
      expr_children(*slot);
      if (operand && unary->op >= UnaryOp::PreIncrement)
        set_once(table_[operand->map].written_at, operand->span);
    } else {
      expr_children(*slot);
    }
  }

  MapTable finish() {
    std::vector<std::string> written;
    if (known_)
      for (const KnownMap& map : *known_) written.push_back(map.plan.name);
    for (const MapFacts& map : table_) {
      if (map.written_at) written.push_back(map.name);
    }
    for (const MapFacts& map : table_) {
      if (map.declared && !map.keyed_at && !map.scalar_at && !map.whole_at) {
        diags_.report(map.declared->span, diag::map_declared_never_used, map.name);
      } else if (map.whole_at && !map.written_at && !map.keyed_at && !map.scalar_at) {
        auto& message = diags_.report(*map.whole_at, diag::undefined_map, map.name);
        if (diags_.error_count() <= kMostSuggestions) message.hint(did_you_mean(map.name, written));
      }
    }
    return std::move(table_);
  }

 protected:
  void comptime_branch(Block& branch) override {
    keep_messages(diags_, branch, [&] { block(branch); });
  }

 private:
  static void set_once(std::optional<Span>& place, Span span) {
    if (!place) place = span;
  }

  uint32_t find(const std::string& name, Span span) {
    const auto [entry, is_new] = index_.emplace(name, static_cast<uint32_t>(table_.size()));
    if (is_new) {
      MapFacts facts;
      facts.name = name;
      facts.first_use = span;
      const auto declaration = declarations_.find(name);
      if (declaration != declarations_.end()) facts.declared = declaration->second;
      table_.push_back(std::move(facts));
      MapPlan map;
      map.name = name;
      map.symbol = "map_" + name.substr(1);
      plan_.maps.push_back(std::move(map));
      if (known_) share(table_.back(), plan_.maps.back());
    }
    return entry->second;
  }

  // Other scripts use the map too: it is as the first of them made it.
  void share(MapFacts& facts, MapPlan& plan) {
    facts.shared = true;
    const auto known =
        std::ranges::find(*known_, facts.name, [](const KnownMap& each) { return each.plan.name; });
    if (known == known_->end()) return;
    facts.known = &*known;
    facts.written_at = facts.bounds_at = known->made_at;
    (known->plan.scalar() ? facts.scalar_at : facts.keyed_at) = known->made_at;
    facts.value = {{known->plan.value}, known->made_at, /*fixed=*/true};
    if (!known->plan.scalar()) facts.key = {{known->plan.key}, known->made_at, /*fixed=*/true};
    plan = known->plan;
  }

  void use(MapRef& map) {
    map.map = find(map.name, map.span);
    const bool keyed = map.key != nullptr;
    {
      MapFacts& facts = table_[map.map];
      const std::optional<Span>& other = keyed ? facts.scalar_at : facts.keyed_at;
      if (other) {
        diags_.report(map.span, keyed ? diag::map_key_added : diag::map_key_forgotten, map.name)
            .note(*other, keyed ? "used without a key here" : "used with a key here");
      } else {
        set_once(keyed ? facts.keyed_at : facts.scalar_at, map.span);
      }
    }
    child(map.key);  // may add maps, which moves the table
  }

  void whole(MapRef& map) {
    map.map = find(map.name, map.span);
    set_once(table_[map.map].whole_at, map.span);
  }

  static MapRef* without_key(Expr* expr) {
    auto* map = as<MapRef>(expr);
    return map && !map->key ? map : nullptr;
  }

  void map_function(Call& call) {
    for (size_t i = 0; i < call.args.size(); ++i) {
      MapRef* map = i == 0 ? without_key(call.args[0]) : nullptr;
      if (map) {
        whole(*map);
      } else {
        child(call.args[i]);
      }
    }
    // The key argument says that the map is keyed as much as `@m[k]` does.
    const bool names_key = call.builtin->id == BuiltinId::has_key_ || call.builtin->id == BuiltinId::find_ ||
                           (call.builtin->id == BuiltinId::delete_ && call.args.size() == 2);
    MapRef* map = call.args.empty() ? nullptr : without_key(call.args[0]);
    if (!names_key || !map) return;
    MapFacts& facts = table_[map->map];
    if (facts.scalar_at) {
      diags_.report(call.args[0]->span, diag::map_key_added, map->name)
          .note(*facts.scalar_at, "used without a key here");
    } else {
      set_once(facts.keyed_at, map->span);
    }
  }

  const std::vector<KnownMap>* known_;  // null: nothing is shared
  Plan& plan_;
  Diagnostics& diags_;
  std::unordered_map<std::string, const MapDecl*> declarations_;
  std::unordered_map<std::string, uint32_t> index_;
  MapTable table_;
};

}  // namespace

MapTable resolve_maps(Ast& ast, const CheckOptions& options, Plan& plan, Diagnostics& diags) {
  Resolver resolver(options.known_maps, plan, diags);
  for (const MapDecl* each : ast.script.map_decls) resolver.declare(*each);
  for (Clause* code : all_code(ast.script)) resolver.clause(*code);
  return resolver.finish();
}

}  // namespace tracer::ast

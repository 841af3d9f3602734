#include "ast/passes/resolve_types.h"

#include <algorithm>
#include <unordered_set>

#include "ast/diagnostics.h"
#include "ast/passes/type_resolver.h"

namespace tracer::ast {
namespace {

// A type travels at least one assignment further in each run; only assignments written against the
// order of their use need more than two, and never more than there are places to go to.
constexpr size_t kLeastRuns = 64;
constexpr size_t kMostRuns = 1000;

bool settle(TypeResolver& resolver, size_t slots) {
  const size_t most = std::min(kMostRuns, kLeastRuns + slots);
  for (size_t run = 0; run < most; ++run) {
    if (!resolver.run(false)) return true;
  }
  return false;
}

}  // namespace

bool TypeResolver::run(bool reporting) {
  reporting_ = reporting;
  changed_ = false;
  scratch_ = Diagnostics();
  std::unordered_set<const Clause*> done;
  for (const Program& program : script_.programs) {
    if (!done.insert(program.clause).second) continue;
    program_ = &program;
    clause(*program.clause);
  }
  return changed_;
}

void TypeResolver::give_defaults() {
  const OpenType zero{int_type(1, true)};
  for (MapFacts& map : maps_) {
    if (!map.value.known()) map.value.open = zero, map.value.set_at = map.first_use;
    if (map.keyed_at && !map.key.known()) map.key.open = zero, map.key.set_at = map.first_use;
  }
  for (auto& [clause, locals] : all_locals_) {
    for (Slot& local : locals) {
      if (!local.known()) local.open = zero;
      if (local.type().is(TypeKind::String) && local.type().size == 0) local.open.type = string_type(1);
    }
  }
}

void TypeResolver::finish() {
  for (const Program& program : script_.programs) {
    const auto slots = all_locals_.find(program.clause);
    if (slots == all_locals_.end()) continue;
    std::vector<Local>& locals = program.clause->locals;
    for (size_t i = 0; i < locals.size() && i < slots->second.size(); ++i)
      locals[i].type = slots->second[i].type();
  }
}

void resolve_types(Ast& ast, CheckedScript& script, MapTable& maps, TypeDb& types, Diagnostics& diags) {
  TypeResolver resolver(ast, script, maps, types, diags);
  size_t slots = 2 * maps.size();
  for (const Program& program : script.programs) slots += program.clause->locals.size();
  bool settled = settle(resolver, slots);
  resolver.give_defaults();
  settled = settle(resolver, slots) && settled;
  resolver.run(true);
  resolver.finish();
  if (!settled && !diags.has_errors()) diags.report_without_place(diag::types_do_not_settle);
}

}  // namespace tracer::ast

#include "ast/passes/resolve_types.h"

#include <algorithm>

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
  for (const Program* code : script_.all_code()) {
    program_ = code;
    clause(*code->clause);
  }
  return changed_;
}

void TypeResolver::give_defaults() {
  const OpenType zero{int_type(1, true)};
  for (MapFacts& map : maps_)
    if (!map.value.known() && !map.written_at) map.value.open = zero, map.value.set_at = map.first_use;
  // What is stored in a map may depend on what is read from it: such a circle begins with the 0 of a map that
  // holds nothing yet. The first may be all it takes for the types of the others.
  constexpr size_t kMostCircles = 32;
  for (size_t circles = 0; circles < kMostCircles; ++circles) {
    settle(*this, kLeastRuns);
    auto open =
        std::find_if(maps_.begin(), maps_.end(), [](const MapFacts& map) { return !map.value.known(); });
    if (open == maps_.end()) break;
    open->value.open = {zero.type, true};
    open->value.set_at = open->first_use;
  }
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
  for (auto& [function, result] : results_) {
    if (result.type().is(TypeKind::String) && result.type().size == 0) result.open.type = string_type(1);
  }
}

void TypeResolver::finish() {
  for (const Program* code : script_.all_code()) {
    const auto slots = all_locals_.find(code->clause);
    if (slots == all_locals_.end()) continue;
    std::vector<Local>& locals = code->clause->locals;
    if (Function* function = code->clause->function) function->result_type = results_[function].type();
    for (size_t i = 0; i < locals.size() && i < slots->second.size(); ++i)
      locals[i].type = slots->second[i].type();
  }
}

void resolve_types(Ast& ast, CheckedScript& script, MapTable& maps, TypeDb& types, Diagnostics& diags) {
  TypeResolver resolver(ast, script, maps, types, diags);
  size_t slots = 2 * maps.size();
  for (const Program* code : script.all_code()) slots += code->clause->locals.size();
  bool settled = settle(resolver, slots);
  resolver.allow_addresses();
  settled = settle(resolver, slots) && settled;
  resolver.start_deciding();
  settled = settle(resolver, slots) && settled;
  resolver.give_defaults();
  settled = settle(resolver, slots) && settled;
  resolver.run(true);
  resolver.finish();
  if (!settled && !diags.has_errors()) diags.report_without_place(diag::types_do_not_settle);
}

}  // namespace tracer::ast

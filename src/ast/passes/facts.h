// What the passes learn about a script besides what stands on its nodes and in the Plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ast/check.h"
#include "ast/passes/promote.h"

namespace tracer::ast {

// One map; facts[i] belongs to Plan::maps[i].
struct MapFacts {
  std::string name;
  Span first_use;
  std::optional<Span> keyed_at;    // first use with a key
  std::optional<Span> scalar_at;   // first use as a value without a key
  std::optional<Span> written_at;  // first assignment, ++ or --
  std::optional<Span> whole_at;    // first use as a whole: print(@m), clear(@m)
  const MapDecl* declared = nullptr;
  bool shared = false;              // other scripts may use it later: its types have room
  const KnownMap* known = nullptr;  // another script has made it
  Slot key, value;
  std::optional<Span> bounds_at;  // what set the literal arguments of hist and lhist
};

using MapTable = std::vector<MapFacts>;

}  // namespace tracer::ast

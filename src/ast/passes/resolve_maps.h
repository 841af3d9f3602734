// Lists the maps of the script and settles which have keys (LANGUAGE 5.1).
// Reads: the tree after normalise_calls, CheckOptions::known_maps.  Writes: MapRef::map, Plan::maps (names),
// the map table. Reports: map-keyed-and-scalar, undefined-map, declared-twice, declared-never-used,
// map-expected, whole-map-without-key.
#pragma once

#include "ast/check.h"
#include "ast/passes/facts.h"
#include "base/diagnostics.h"
#include "plan/plan.h"

namespace tracer::ast {

MapTable resolve_maps(Ast& ast, const CheckOptions& options, Plan& plan, Diagnostics& diags);

}  // namespace tracer::ast

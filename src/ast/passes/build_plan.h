// The rest of the Plan: what user space must know, from the typed tree.
#pragma once

#include "ast/check.h"
#include "ast/passes/facts.h"
#include "ast/passes/place_table.h"

namespace tracer::ast {

// Kinds, storage, sizes and limits of the maps (plan.h says how they are laid out).
// Reads: the map table with final types.  Writes: Plan::maps.
// Reports: map-declaration-kind.
void plan_maps(const MapTable& maps, Plan& plan, Diagnostics& diags);

// Records of the rings, and the strings that values refer to.
// Reads: the tree after insert_casts.  Writes: Plan::events, Plan::strings, Plan::places, Call::event.
void plan_events(CheckedScript& script, TypeDb& types, PlaceTable& places);

// What is counted when it goes wrong on the kernel side: per probe, and per place of the script.
// `count_failures`: reads that fail and keys that are not there too (-k).
// Reads: the tree after insert_casts, Plan::events.  Writes: Plan::counters, Plan::places, the
// counters of Assign, Unary, Binary and Index, Expr::failure_counter.
void plan_counters(CheckedScript& script, PlaceTable& places, bool count_failures);

}  // namespace tracer::ast

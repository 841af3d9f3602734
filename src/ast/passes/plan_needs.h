// What a saved object cannot have, and what it needs of the kernel and the files where it runs.
#pragma once

#include "ast/check.h"
#include "ast/passes/place_table.h"
#include "base/diagnostics.h"

namespace tracer::ast {

// Before parameters are expanded. Reads: what is written.  Reports: saved-address, aot-positional. False when
// there were errors: parameters without values would only be reported again.
bool check_saved(const Script& script, CheckOptions::Saved saved, Diagnostics& diags);

// Reads: types, contexts.  Writes: Plan::needs, Plan::saved_on.
void plan_needs(CheckedScript& script, PlaceTable& places, KernelInfo& kernel, TypeDb& types);

}  // namespace tracer::ast

// Warns of features that may still change, or refuses them (LANGUAGE 9.1).
// Reads: the tree, Config::unstable_*.  Writes: nothing.
// Reports: unstable-feature, unstable-feature-off.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "plan/plan.h"

namespace tracer::ast {

void check_unstable(const Script& script, const Config& config, Diagnostics& diags);

// One use of a feature, by the value of its config variable; false when it is refused.
bool allow_unstable(Span at, const char* feature, const char* variable, Unstable setting, Diagnostics& diags);

}  // namespace tracer::ast

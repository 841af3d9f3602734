// Jumps, returns, dropped values and code that is never reached (LANGUAGE 3.6).
// Reads: the tree with types.  Writes: nothing.
// Reports: jump-outside-loop, exit-in-loop, mixed-returns, unreachable, value-discarded,
// context-in-loop.
#pragma once

#include "ast/check.h"

namespace tracer::ast {

void check_flow(const CheckedScript& script, Diagnostics& diags);

}  // namespace tracer::ast

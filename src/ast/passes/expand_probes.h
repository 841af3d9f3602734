// Attach points to programs (LANGUAGE 1.1, 7): which functions and events each clause means on this
// system, what the builtins mean there, and which clauses need a copy of their own for it.
// Reads: attach points, the system.  Writes: Plan::probes, the programs, copies of clauses.
// Reports: what the providers report, user-session-provider, too-many-probes, too-many-programs,
// no-probes (a warning that nothing is left).
#pragma once

#include "ast/check.h"

namespace tracer::ast {

void expand_probes(Ast& ast, const CheckOptions& options, KernelInfo& kernel, TypeDb& types,
                   Diagnostics& diags, CheckedScript& script);

}  // namespace tracer::ast

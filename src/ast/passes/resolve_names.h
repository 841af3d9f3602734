// Finds out what each plain name and each called name is: a builtin, a constant of an enum, a stack
// mode, a clock. Calls without arguments of what is also a variable become variables.
// Reads: builtins.def, enum constants of `types`, the pid of the -c child (0: none).  Writes: Identifier and
// Call. Reports: unknown-identifier, unknown-function, argument counts, not-a-variable, not-supported.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "btf/type_db.h"

namespace tracer::ast {

void resolve_names(Ast& ast, int64_t child_pid, TypeDb& types, Diagnostics& diags);

}  // namespace tracer::ast

// Finds out what each plain name and each called name is: a builtin, a constant of an enum, a stack
// mode, a clock. Calls without arguments of what is also a variable become variables.
// Reads: builtins.def, enum constants of `types`, whether there is a process of -p, -c or --dwarf-pid.
// Writes: Identifier and Call. Reports: unknown-identifier, unknown-function, argument counts,
// not-a-variable, unwind-without-process.
#pragma once

#include "ast/ast.h"
#include "ast/check.h"
#include "base/diagnostics.h"
#include "btf/type_db.h"

namespace tracer::ast {

void resolve_names(Ast& ast, const CheckOptions& options, TypeDb& types, Diagnostics& diags);

}  // namespace tracer::ast

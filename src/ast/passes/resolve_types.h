// Settles the types of all expressions, variables, map keys and map values (LANGUAGE 4).
// Reads: programs, the map table, BTF where types are named.  Writes: Expr::type and constant,
// FieldAccess::where, Clause::locals, the slots of the map table, bounds of hist and lhist.
// Reports: everything of LANGUAGE 4.10 and 8.3.
#pragma once

#include "ast/check.h"
#include "ast/passes/facts.h"

namespace tracer::ast {

void resolve_types(Ast& ast, CheckedScript& script, MapTable& maps, TypeDb& types, Diagnostics& diags);

}  // namespace tracer::ast

// Gives each scratch variable its declaration: blocks are scopes, nothing is shadowed (LANGUAGE 3.6).
// Reads: the tree.  Writes: Clause::locals, Variable::local.
// Reports: undefined-variable, redeclared-variable, never-assigned, read-before-assignment.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace tracer::ast {

void resolve_variables(Ast& ast, Diagnostics& diags);

}  // namespace tracer::ast

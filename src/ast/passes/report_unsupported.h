// Names what the grammar has and this version does not do yet, each at its place.
// Reads: the tree as parsed.  Writes: nothing.
// Reports: not-supported.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace tracer::ast {

void report_unsupported(Ast& ast, Diagnostics& diags);

}  // namespace tracer::ast

// Puts the bodies of macros where they are used (LANGUAGE 3.7).
// Reads: Script::macros.  Writes: uses of macros become blocks, or values where the body is one;
//        Variable::expansion.
// Reports: macro-*.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace tracer::ast {

// Each expansion gets an id in `sources`, so that messages show the way to it.
void expand_macros(Ast& ast, Sources& sources, Diagnostics& diags);

}  // namespace tracer::ast

#pragma once

#include "ast/check.h"

namespace tracer::ast {

// Reads: identifiers, in macros and functions too. Writes: those that a `#define` of the C preamble
// gives a meaning become its expression (LANGUAGE 1.6); builtins and the script's own macros go first.
// Reports: c-macro-recursive, c-macro-no-expression, c-macro-too-large.
void expand_c_macros(Ast& ast, Sources& sources, CMacros& macros, Diagnostics& diags);

}  // namespace tracer::ast

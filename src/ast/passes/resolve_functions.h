// The functions of the script (LANGUAGE 3.8) as a whole: each name once, no recursion.
// Reads: Call::function.  Writes: Function::exits, Function::nesting, CheckedScript::functions.
// Reports: function-declared-twice, function-is-builtin, recursion.
#pragma once

#include "ast/check.h"

namespace tracer::ast {

// False: some function calls itself; nothing that follows calls can go on.
bool resolve_functions(Ast& ast, CheckedScript& script, Diagnostics& diags);

}  // namespace tracer::ast

#pragma once

#include "ast/ast.h"

namespace tracer::ast {

// A deep copy of a clause, owned by `ast`. Attach points are shared: nothing changes them.
Clause* clone(Ast& ast, const Clause& clause);

}  // namespace tracer::ast

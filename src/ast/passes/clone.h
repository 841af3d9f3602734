#pragma once

#include "ast/ast.h"

namespace tracer::ast {

// A deep copy of a clause, owned by `ast`. Attach points are shared: nothing changes them.
Clause* clone(Ast& ast, const Clause& clause);
Expr* clone(Ast& ast, const Expr& expr);
TypeSpec* clone(Ast& ast, const TypeSpec& spec);
// A copy whose places are in `source`, another id of the text that the block stands in.
Block* clone(Ast& ast, const Block& block, uint32_t source);

}  // namespace tracer::ast

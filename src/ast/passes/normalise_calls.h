// Older and shorter forms become the one that later passes know:
//   delete(@m[k])        delete(@m, k)
//   print(@a, @b, 5)     print(@a, 5); print(@b, 5)
//   *args                args
// Reads: the tree after resolve_names.  Writes: the tree.
#pragma once

#include "ast/ast.h"

namespace tracer::ast {

void normalise_calls(Ast& ast);

}  // namespace tracer::ast

// Replaces `$1`, `$#` and `str($1)` by literals (LANGUAGE 3.9).
// Reads: positional parameters.  Writes: the tree.
// Reports: missing-positional.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace tracer::ast {

void expand_positionals(Ast& ast, const std::vector<std::string>& positional, Diagnostics& diags);

}  // namespace tracer::ast

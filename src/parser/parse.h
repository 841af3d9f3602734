#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "base/source.h"

namespace tracer {

// Parses one source of `sources` into a tree. Reports every syntax error found (the parser
// recovers at statements and clauses); the tree then holds what could be understood.
// Never crashes or takes more than linear time, whatever the bytes.
ast::Ast parse(const Sources& sources, uint32_t source, Diagnostics& diags);

}  // namespace tracer

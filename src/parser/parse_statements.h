#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "base/source.h"

namespace tracer {

// Parses a source that holds the inside of an action and nothing around it: `print(@c, 5)`, `1 << 12`.
// Gives a script with one `begin` clause. Reports like parse().
ast::Ast parse_statements(const Sources& sources, uint32_t source, Diagnostics& diags);

}  // namespace tracer

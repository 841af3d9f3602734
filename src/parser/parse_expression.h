#pragma once

#include "ast/ast.h"
#include "base/source.h"

namespace tracer {

// `source` is a line `#define NAME TEXT`: the expression that TEXT is, with places in that line; its
// nodes belong to `ast`. Null when TEXT is no expression, or more than one.
ast::Expr* parse_define(ast::Ast& ast, const Sources& sources, uint32_t source);

// The line for parse_define().
std::string define_line(std::string_view name, std::string_view text);

}  // namespace tracer

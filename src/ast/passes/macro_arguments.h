// Puts the arguments of a macro's use into a copy of its body.
#pragma once

#include <span>
#include <unordered_set>

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace tracer::ast {

struct MacroUse {
  const Macro& macro;
  std::span<Expr* const> args;
  uint32_t expansion;  // number of this use: tells the body's own variables from others of their names
};

// Expressions are copied to wherever their parameter stands; each copy joins `only_read`. Variables and
// maps become the caller's. False, with nothing reported, when the copies would have more than `budget`
// nodes, which is then used up.
bool put_arguments(Ast& ast, Block& body, const MacroUse& use, std::unordered_set<const Expr*>& only_read,
                   size_t& budget, Diagnostics& diags);

}  // namespace tracer::ast

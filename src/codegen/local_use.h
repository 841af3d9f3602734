// Which functions of a program use a clause's variables. Bodies of `for` become functions of their
// own; a variable that several functions use must live in memory that all of them reach.
#pragma once

#include <vector>

#include "ast/ast.h"
#include "codegen/code_parts.h"

namespace tracer {

struct LocalUse {
  bool used = false;
  bool shared = false;  // by more than one function, or by whoever has its address
};

struct ClauseUse {
  std::vector<LocalUse> locals;  // by index into Clause::locals
  bool leaves_loop = false;      // a `return` or `exit()` stands in the body of a `for`
  // Most functions of the kernel's that are active inside this one: bodies of `for`, functions.
  uint32_t nesting = 0;
  CodeParts parts;  // functions of their own too
};
ClauseUse find_clause_use(ast::Clause& clause);

}  // namespace tracer

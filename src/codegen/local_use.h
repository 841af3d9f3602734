// Which functions of a program use a clause's variables. Bodies of `for` become functions of their
// own; a variable that several functions use must live in memory that all of them reach.
#pragma once

#include <vector>

#include "ast/ast.h"

namespace tracer {

struct LocalUse {
  bool used = false;
  bool shared = false;  // by more than one function
};

struct ClauseUse {
  std::vector<LocalUse> locals;  // by index into Clause::locals
  bool leaves_loop = false;      // a `return` or `exit()` stands in the body of a `for`
  uint32_t loop_depth = 0;       // of `for` inside `for`
};
ClauseUse find_clause_use(ast::Clause& clause);

}  // namespace tracer

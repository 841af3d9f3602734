#pragma once

#include <cstddef>
#include <vector>

#include "parser/token.h"

namespace tracer::syntax {

// Where reading goes on after an error at token `bad`: inside an action after the statement, its blocks
// included; outside after the clause or declaration; in a filter at its end.
size_t resume_after(const std::vector<Token>& tokens, size_t bad);

}  // namespace tracer::syntax

// Turns "this token fits nowhere" into a message that says what was meant.
#pragma once

#include <string_view>
#include <vector>

#include "parser/reporter.h"
#include "parser/token.h"

namespace tracer::syntax {

// Reports that tokens[bad] stands where only one of the kinds `expected` can.
void explain_syntax_error(const std::vector<Token>& tokens, std::string_view text, size_t bad,
                          const std::vector<int>& expected, Reporter& reporter);

}  // namespace tracer::syntax

#pragma once

#include <string_view>
#include <vector>

#include "parser/token.h"

namespace tracer::syntax {

// Turns each `(` that opens a type - of a cast, or in sizeof, offsetof, typeof, typeinfo - into TYPE_LPAREN
// (LANGUAGE 3.5).
void mark_type_parens(std::vector<Token>& tokens, std::string_view text);

}  // namespace tracer::syntax

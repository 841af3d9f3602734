// Attach points as text (LANGUAGE 1.1, 7.1): where one ends, and its parts.
#pragma once

#include <cstdint>
#include <string_view>

#include "ast/ast.h"
#include "parser/reporter.h"

namespace tracer::syntax {

// End of the attach point that begins at `begin`: before the first blank, `,`, `{`, `}`, `;`, comment or
// filter outside of quotes. `begin` when no attach point stands there.
uint32_t end_of_attach_point(std::string_view text, uint32_t begin);

// True when the `/` at `at` begins a path, as in `/bin/sh:main`, rather than a filter.
bool slash_begins_path(std::string_view text, uint32_t at);

// Fills name, text and parts from the text that `point.span` covers.
void split_attach_point(std::string_view script, ast::AttachPoint& point, Reporter& reporter);

}  // namespace tracer::syntax

// The formatter: `tracer --fmt` (LANGUAGE 10.7).
#pragma once

#include <string>

#include "ast/ast.h"
#include "base/source.h"

namespace tracer::ast {

// Canonical text of a parsed script, comments kept. Formatting its own output changes nothing.
std::string format_script(const Script& script, const Sources& sources);

// The tree as indented text, for `-d ast` and tests; no places, so that two scripts that mean the
// same to the parser give the same dump.
std::string dump(const Script& script);

}  // namespace tracer::ast

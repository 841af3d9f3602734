// Replaces getopt() by the values that the command line gives after `--` (LANGUAGE 3.9).
// Reads: calls of getopt(), Config::max_strlen.  Writes: the tree.
// Reports: option-*, unexpected-options, invalid-option-value.
#pragma once

#include <optional>
#include <string>

#include "ast/check.h"

namespace tracer::ast {

// The text that `-- --help` asks for, when it does and the script has no option of that name.
std::optional<std::string> expand_options(Ast& ast, const Sources& sources,
                                          const std::vector<NamedParameter>& named, const Config& config,
                                          Diagnostics& diags);

}  // namespace tracer::ast

// Which expressions read memory that is not the program's own, and by which helper: such reads may fail.
#pragma once

#include <string>

#include "ast/ast.h"

namespace tracer::ast {

// The helper's name, `probe_read_user_str`; empty for expressions that read no such memory. `probe_space`:
// where addresses without a type of their own point to.
std::string read_helper(const Expr& expr, AddressSpace probe_space);

}  // namespace tracer::ast

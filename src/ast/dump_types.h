// The types that were found, for `-d types`.
#pragma once

#include <string>

#include "ast/check.h"

namespace tracer::ast {

// Maps with their keys and values; for each piece of code its arguments and its variables.
std::string dump_types(const CheckedScript& script);

}  // namespace tracer::ast

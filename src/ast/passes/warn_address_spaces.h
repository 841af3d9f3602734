#pragma once

#include "ast/check.h"

namespace tracer::ast {

// Reads: types and address spaces. Writes: nothing.
// Reports: address-space-unset, address-space-mixed (LANGUAGE 4.7).
void warn_address_spaces(const CheckedScript& script, Diagnostics& diags);

}  // namespace tracer::ast

#pragma once

#include <string>

#include "plan/type.h"
#include "runtime/session.h"
#include "runtime/symbols.h"

namespace tracer {

// Frames of a stack value, one a line, in the form of its mode; a newline stands before the first
// (LANGUAGE 11.2). The layout of the value: stack_type() in plan/type.h.
void append_stack_text(std::string& out, const Type& type, Bytes bytes, Symbols& symbols);

}  // namespace tracer

#pragma once

#include <string>
#include <vector>

#include "plan/format.h"
#include "runtime/values.h"

namespace tracer {

// Appends the text of a format whose arguments stand in `record` (LANGUAGE 8).
void append_format(std::string& out, const Format& format, const std::vector<Field>& arguments, Bytes record,
                   const ValueContext& context);

// Kernel allocation flags by name (LANGUAGE 8.4).
std::string gfp_flags_text(uint64_t flags);

}  // namespace tracer

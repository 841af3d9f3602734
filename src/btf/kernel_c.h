// The kernel's types as C text, for preambles that use them without defining them.
#pragma once

#include <set>
#include <string>

#include "base/result.h"

namespace tracer {

// Definitions of the types with those names (`struct list_head`, `u32`), with all that they need.
// `without`: names of structs, unions and enums that the script defines itself. Names that the
// kernel does not know are passed over.
Result<std::string> kernel_types_as_c(const std::string& btf_path, const std::set<std::string>& names,
                                      const std::set<std::string>& without);

}  // namespace tracer

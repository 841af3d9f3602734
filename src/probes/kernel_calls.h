// Kernel functions that BPF programs may call (kfuncs).
#pragma once

#include <optional>
#include <string_view>

#include "plan/plan.h"

namespace tracer {

class TypeDb;

// The kernel's BTF knows the function.
bool callable_exists(std::string_view function, TypeDb& types);
// ... and lets programs of this provider's type call it: found out by offering the kernel such a
// program. Empty without the privilege to ask.
std::optional<bool> callable_in(Provider provider, std::string_view function, TypeDb& types);

}  // namespace tracer

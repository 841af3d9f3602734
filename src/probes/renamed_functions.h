// Kernel functions that scripts still name although kernels have them no longer.
#pragma once

#include <string>
#include <string_view>

#include "probes/provider_actions.h"

namespace tracer {

// What to probe instead of a function that does not exist: the name that does its work on the running
// kernel, or an event of the same name. Empty when nothing is known.
std::string instead_of(std::string_view function, Matching& matching);

}  // namespace tracer

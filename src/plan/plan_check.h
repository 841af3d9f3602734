// Whether a Plan that was read is one that a compiler could have made.
#pragma once

#include <string>

#include "plan/plan.h"

namespace tracer {

// Everything that indexes and sizes say must exist does, so that nobody else has to check. Else what is
// wrong, in a few words; empty: nothing.
std::string flaw_of(const Plan& plan);

}  // namespace tracer

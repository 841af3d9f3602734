// What the code of a saved object relies on (Plan::needs): asked where it is compiled and again where it
// runs.
#pragma once

#include <string>

#include "plan/plan.h"
#include "probes/kernel_info.h"

namespace tracer {

// What is found here of what `need` names, as words that continue a sentence: `has 64 bytes`. The same where
// the code would be the same; empty when there is no such thing.
std::string found_here(const Need& need, KernelInfo& kernel);

// How a message calls it: "`struct sock`".
std::string subject_of(const Need& need);

// `6.1.0-18-amd64`.
std::string kernel_release();

}  // namespace tracer

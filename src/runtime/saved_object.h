// What is asked of an object that was compiled before, perhaps elsewhere, when it is about to run here.
#pragma once

#include "base/result.h"
#include "plan/plan.h"
#include "probes/kernel_info.h"

struct bpf_object;

namespace tracer {

// Nothing to do for scripts that were compiled just now. Else fails on the first thing that the code was made
// for and that is different here, with the place of the script that relies on it.
Result<void> check_needs(const Plan& plan, KernelInfo& kernel);

// Fails when the script needs what --unsafe allows, and says what that is.
Result<void> check_unsafe(const Plan& plan);

// Writes what the programs know of this run (RunFacts), before they are loaded.
Result<void> write_facts(bpf_object& object);

}  // namespace tracer

// Named arguments of user functions, from the program's debug information (LANGUAGE 7.6).
#pragma once

#include "probes/provider_actions.h"

namespace tracer {

class UserProgram;

// Fills arguments, or the reason why there are none. `entry`: address of the function, `address`: of the
// probe.
void add_user_arguments(UserProgram& program, uint64_t entry, uint64_t address, TypeDb& types,
                        ProbeContext& context);

}  // namespace tracer

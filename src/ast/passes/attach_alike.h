// Clauses on one function run in script order (LANGUAGE 7.13) only where the kernel keeps their probes in one
// list: multi links and single kprobes are kept in two. A function that a wildcard of the script means too is
// attached by a multi link as well.
//
// Reads, writes: Plan::probes.
// Reports: nothing.
#pragma once

#include "plan/plan.h"

namespace tracer::ast {

void attach_alike(Plan& plan);

}  // namespace tracer::ast

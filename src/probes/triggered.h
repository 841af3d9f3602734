// What the providers have in common whose programs user space runs itself, in its own process: begin, end,
// self, test and bench.
#pragma once

#include <string>
#include <vector>

#include "probes/provider_actions.h"

namespace tracer {

// One target, named as the attach point.
std::vector<AttachTarget> match_triggered(const ProbeSpec& spec, Matching& matching);
std::string triggered_section(const ProbeSpec& spec, const std::vector<AttachTarget>& targets);
Result<void> prepare_triggered(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);

}  // namespace tracer

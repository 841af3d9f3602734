#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// The attach half of interval and profile.
Result<void> prepare_timer(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);
Result<void> attach_timer(Attachment& attachment);

// CPUs of a list as the kernel writes it: `0-3,8`.
std::vector<int> parse_cpu_list(std::string_view text);

}  // namespace tracer

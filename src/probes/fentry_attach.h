#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// The attach half of fentry and fexit.
Result<void> prepare_fentry(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);
Result<void> attach_fentry(Attachment& attachment);

}  // namespace tracer

#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// The attach half of kprobe and kretprobe.
Result<void> prepare_kprobe(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);
Result<void> attach_kprobe(Attachment& attachment);

}  // namespace tracer

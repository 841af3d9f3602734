#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// The attach half of uprobe, uretprobe and usdt.
Result<void> prepare_uprobe(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);
Result<void> attach_uprobe(Attachment& attachment);

}  // namespace tracer

#pragma once

#include "probes/provider_actions.h"

namespace tracer {

Result<void> prepare_raw_tracepoint(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);
Result<void> attach_raw_tracepoint(Attachment& attachment);

}  // namespace tracer

#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// The function that the kernel has for an iterator, which programs are tied to.
std::string iterator_function(std::string_view iterator);

Result<void> prepare_iter(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);
Result<void> attach_iter(Attachment& attachment);

}  // namespace tracer

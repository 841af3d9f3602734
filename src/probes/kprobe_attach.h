#pragma once

#include <functional>
#include <span>

#include "probes/provider_actions.h"

namespace tracer {

// The attach half of kprobe and kretprobe.
Result<void> prepare_kprobe(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);
Result<void> attach_kprobe(Attachment& attachment);

// Makes one link for functions; none: errno says why.
using LinkFunctions = std::function<BpfLink(std::span<const char* const> symbols)>;
// The links serve all `attachments`, which have the same targets.
Result<void> attach_in_halves(std::span<Attachment> attachments, const LinkFunctions& link_functions);

}  // namespace tracer

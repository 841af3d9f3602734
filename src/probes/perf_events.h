// What the providers share whose programs run when a perf event overflows: timers, software and hardware
// events, watchpoints.
#pragma once

#include <linux/perf_event.h>

#include <vector>

#include "probes/provider_actions.h"

namespace tracer {

ProbeContext perf_event_context(const ProbeSpec& spec, const AttachTarget& target, bool want_arguments,
                                KernelInfo& kernel, TypeDb& types);
std::string perf_event_section(const ProbeSpec& spec, const std::vector<AttachTarget>& targets);

// Filled in as far as all events agree: one overflow after `period` events.
perf_event_attr perf_attributes(uint32_t type, uint64_t config, uint64_t period);

// These attach all or nothing, and give 0 or the errno of what failed. `watched`: see BpfLink.

// One event on each of `cpus`, whatever runs there. CPUs that have gone offline meanwhile are left out.
int attach_on_cpus(Attachment& attachment, const perf_event_attr& attributes, const std::vector<int>& cpus,
                   uint64_t watched = 0);
// One event in each thread of a process; threads that those start inherit it, processes do not.
int attach_in_process(Attachment& attachment, perf_event_attr attributes, int32_t process,
                      uint64_t watched = 0);
// Those that the options name; else all that are online.
std::vector<int> cpus_of(const AttachOptions& options);
// In the process of -p or -c where there is one, else on every CPU.
int attach_where_asked(Attachment& attachment, const perf_event_attr& attributes, uint64_t watched = 0);

Result<void> prepare_perf_event(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);

}  // namespace tracer

// begin and end, and what is common to all that user space runs in its own process (LANGUAGE 7.13): raw
// tracepoint programs that the kernel executes on request.

#include <bpf/libbpf.h>

#include "probes/provider_actions.h"
#include "probes/triggered.h"

namespace tracer {

std::vector<AttachTarget> match_triggered(const ProbeSpec& spec, Matching&) {
  AttachTarget target;
  target.name = spec.text;
  target.function = spec.function;
  return {target};
}

std::string triggered_section(const ProbeSpec& spec, const std::vector<AttachTarget>&) {
  return std::string("raw_tp/") + provider_info(spec.provider).name;
}

Result<void> prepare_triggered(bpf_program* program, const ProbePlan&, KernelInfo&) {
  bpf_program__set_type(program, BPF_PROG_TYPE_RAW_TRACEPOINT);
  return {};
}

const ProviderActions kBeginEndActions = {
    .match = match_triggered,
    .section = triggered_section,
    .prepare = prepare_triggered,
};

}  // namespace tracer

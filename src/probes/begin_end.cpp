// begin and end: run by user space in its own process (LANGUAGE 7.13), as raw tracepoint programs
// that the kernel executes on request.

#include <bpf/libbpf.h>

#include "probes/provider_actions.h"

namespace tracer {
namespace {

std::vector<AttachTarget> match_special(const ProbeSpec& spec, Matching&) {
  AttachTarget target;
  target.name = spec.text;
  return {target};
}

std::string special_section(const ProbeSpec& spec, const std::vector<AttachTarget>&) {
  return std::string("raw_tp/") + provider_info(spec.provider).name;
}

Result<void> prepare_special(bpf_program* program, const ProbePlan&, KernelInfo&) {
  bpf_program__set_type(program, BPF_PROG_TYPE_RAW_TRACEPOINT);
  return {};
}

}  // namespace

const ProviderActions kBeginEndActions = {
    .match = match_special,
    .section = special_section,
    .prepare = prepare_special,
};

}  // namespace tracer

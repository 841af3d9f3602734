#include "probes/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "probes/provider_actions.h"

namespace tracer {

BpfLink& BpfLink::operator=(BpfLink&& other) noexcept {
  if (this != &other) {
    bpf_link__destroy(link_);
    link_ = std::exchange(other.link_, nullptr);
    own_ = std::move(other.own_);
    watched_ = other.watched_;
  }
  return *this;
}

BpfLink::~BpfLink() { bpf_link__destroy(link_); }

int BpfLink::fd() const { return link_ ? bpf_link__fd(link_) : own_.get(); }

Result<void> prepare_program(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel) {
  const ProviderActions& actions = provider_actions(probe.provider);
  if (actions.prepare) return actions.prepare(program, probe, kernel);
  return fail(
      fmt::format("`{}` probes are not supported by this version", provider_info(probe.provider).name));
}

Result<void> attach_program(bpf_program* program, const ProbePlan& probe, const AttachOptions& options,
                            KernelInfo& kernel, MissingProbes missing, std::vector<BpfLink>& links,
                            size_t& attached, std::vector<std::string>& skipped,
                            std::vector<std::string>& left_out) {
  const ProviderActions& actions = provider_actions(probe.provider);
  if (!actions.attach) return {};
  Attachment attachment{program, probe, options, kernel, missing, links, attached, skipped, left_out};
  return actions.attach(attachment);
}

Result<uint32_t> run_program(bpf_program* program) {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
  if (error == 0) return options.retval;
  std::string hint = error == -EPERM ? "run as root, or with CAP_BPF and CAP_PERFMON" : "";
  return fail(fmt::format("cannot run `{}`: {}", bpf_program__name(program), strerror(-error)), hint);
}

RunTimes RunTimes::start() {
  RunTimes times;
  int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd >= 0) times.enabled_ = UniqueFd(fd);
  return times;
}

ProgramUse program_use(int program) {
  bpf_prog_info info{};
  __u32 size = sizeof info;
  if (bpf_obj_get_info_by_fd(program, &info, &size) != 0) return {};
  return {info.run_cnt, info.run_time_ns};
}

uint64_t RunTimes::nanoseconds(bpf_program* program) const {
  if (enabled_) return program_use(bpf_program__fd(program)).nanoseconds;
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace tracer

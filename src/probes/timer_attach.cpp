// Timers are samples of the kernel's software clock: one perf event for each CPU.

#include "probes/timer_attach.h"

#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/files.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "probes/attach_report.h"

namespace tracer {
namespace {

UniqueFd open_clock(uint64_t period, int cpu) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_period = period;
  return UniqueFd(
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
}

std::vector<int> online_cpus() {
  auto text = read_file("/sys/devices/system/cpu/online");
  std::vector<int> cpus = text ? parse_cpu_list(trim(*text)) : std::vector<int>();
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

// A target to name in messages: timers have none of their own.
AttachTarget timer_target(const ProbePlan& probe) {
  if (!probe.targets.empty()) return probe.targets.front();
  AttachTarget target;
  target.name = probe.name;
  return target;
}

Result<bpf_link*> attach_cpu(const Attachment& a, int cpu) {
  UniqueFd event = open_clock(a.probe.period, cpu);
  bpf_link* link = event ? bpf_program__attach_perf_event(a.program, event.get()) : nullptr;
  if (!link) return std::unexpected(refusal(a.probe, {}, errno));
  event.release();  // the link closes it
  return link;
}

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
  constexpr int kMaxCpus = 65536;
  std::vector<int> cpus;
  for (std::string_view range : split(text, ',')) {
    int first = 0, last = 0;
    const char* end = range.data() + range.size();
    auto [at, error] = std::from_chars(range.data(), end, first);
    if (error != std::errc()) continue;
    last = first;
    if (at != end && *at == '-') std::from_chars(at + 1, end, last);
    for (int cpu = first; cpu <= last && cpu < kMaxCpus; cpu++) cpus.push_back(cpu);
  }
  return cpus;
}

Result<void> prepare_timer(bpf_program* program, const ProbePlan&, KernelInfo&) {
  bpf_program__set_type(program, BPF_PROG_TYPE_PERF_EVENT);
  return {};
}

Result<void> attach_timer(Attachment& a) {
  std::vector<int> cpus = online_cpus();
  if (a.probe.provider == Provider::Interval) cpus.resize(1);
  size_t before = a.links.size();
  for (int cpu : cpus) {
    auto link = attach_cpu(a, cpu);
    if (!link && link.error().text == "No such device") continue;  // went offline
    if (!link) {
      a.links.resize(before);
      return give_up(a, timer_target(a.probe), link.error());
    }
    a.links.emplace_back(*link);
  }
  a.attached++;
  return {};
}

}  // namespace tracer

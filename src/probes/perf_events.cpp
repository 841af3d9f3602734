#include "probes/perf_events.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/unique_fd.h"
#include "probes/online_cpus.h"

namespace tracer {
namespace {

// Gives 0 or an errno.
int attach_one(Attachment& a, perf_event_attr attributes, pid_t task, int cpu, uint64_t watched) {
  UniqueFd event(
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, task, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  bpf_link* link = event ? bpf_program__attach_perf_event(a.program, event.get()) : nullptr;
  if (!link) return errno;
  event.release();  // the link closes it
  a.links.emplace_back(link, watched);
  return 0;
}

int undo(Attachment& a, size_t links, int error) {
  a.links.resize(links);
  return error;
}

std::vector<pid_t> threads_of(int32_t process) {
  std::vector<pid_t> threads;
  std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(fmt::format("/proc/{}/task", process).c_str()),
                                             ::closedir);
  while (dirent* entry = folder ? ::readdir(folder.get()) : nullptr)
    if (entry->d_name[0] != '.') threads.push_back(std::atoi(entry->d_name));
  return threads;
}

}  // namespace

ProbeContext perf_event_context(const ProbeSpec&, const AttachTarget&, bool, KernelInfo&, TypeDb&) {
  ProbeContext context;
  context.context = ContextKind::PerfEvent;
  return context;
}

std::string perf_event_section(const ProbeSpec&, const std::vector<AttachTarget>&) { return "perf_event"; }

perf_event_attr perf_attributes(uint32_t type, uint64_t config, uint64_t period) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = type;
  attributes.config = config;
  attributes.sample_period = period;
  return attributes;
}

int attach_on_cpus(Attachment& a, const perf_event_attr& attributes, const std::vector<int>& cpus,
                   uint64_t watched) {
  size_t before = a.links.size();
  for (int cpu : cpus) {
    int error = attach_one(a, attributes, -1, cpu, watched);
    // ENODEV of a CPU that went offline; of the only one it is the answer.
    if (error && !(error == ENODEV && cpus.size() > 1)) return undo(a, before, error);
  }
  return a.links.size() > before ? 0 : ENODEV;
}

std::vector<int> cpus_of(const AttachOptions& options) {
  return options.cpus.empty() ? online_cpus() : options.cpus;
}

int attach_in_process(Attachment& a, perf_event_attr attributes, int32_t process, uint64_t watched) {
  // A thread that is started while we walk through them inherits from the one that starts it, if that has
  // its event already. Few are started just then, and a second look could not tell those that have theirs.
  attributes.inherit = 1;
  attributes.inherit_thread = 1;
  size_t before = a.links.size();
  for (pid_t thread : threads_of(process)) {
    int error = attach_one(a, attributes, thread, -1, watched);
    if (error && error != ESRCH) return undo(a, before, error);  // ESRCH: the thread has ended
  }
  return a.links.size() > before ? 0 : ESRCH;
}

int attach_where_asked(Attachment& a, const perf_event_attr& attributes, uint64_t watched) {
  if (int32_t process = a.options.target_pid) return attach_in_process(a, attributes, process, watched);
  return attach_on_cpus(a, attributes, cpus_of(a.options), watched);
}

Result<void> prepare_perf_event(bpf_program* program, const ProbePlan&, KernelInfo&) {
  bpf_program__set_type(program, BPF_PROG_TYPE_PERF_EVENT);
  return {};
}

}  // namespace tracer

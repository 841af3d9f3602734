#include "runtime/privileges.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "base/files.h"
#include "base/unique_fd.h"
#include "runtime/user_symbols.h"

namespace tracer {
namespace {

constexpr uint64_t bit(int capability) { return uint64_t{1} << capability; }
bool has(uint64_t capabilities, int which) { return capabilities & bit(which); }

// ---------------------------------------------------------------- what a script uses

bool uses_provider(const Plan& plan, std::initializer_list<Provider> providers) {
  return std::ranges::any_of(plan.probes, [&](const ProbePlan& probe) {
    return std::ranges::find(providers, probe.provider) != providers.end();
  });
}

bool uses_event(const Plan& plan, std::initializer_list<EventKind> kinds) {
  return std::ranges::any_of(plan.events, [&](const EventPlan& event) {
    return std::ranges::find(kinds, event.kind) != kinds.end();
  });
}

bool holds(const Type& type, TypeKind a, TypeKind b) {
  if (type.is(a) || type.is(b)) return true;
  if (type.target && holds(*type.target, a, b)) return true;
  return type.fields &&
         std::ranges::any_of(*type.fields, [&](const Field& field) { return holds(field.type, a, b); });
}

bool shows(const Plan& plan, TypeKind a, TypeKind b) {
  return std::ranges::any_of(
             plan.maps, [&](const MapPlan& map) { return holds(map.key, a, b) || holds(map.value, a, b); }) ||
         std::ranges::any_of(plan.events, [&](const EventPlan& event) {
           return std::ranges::any_of(event.arguments,
                                      [&](const Field& field) { return holds(field.type, a, b); });
         });
}

bool calls(const Plan& plan, std::string_view helper) {
  return std::ranges::any_of(plan.counters,
                             [&](const CounterPlan& counter) { return counter.helper == helper; });
}

bool runs_commands(const Plan& plan) { return uses_event(plan, {EventKind::System}); }
bool names_kernel_code(const Plan& plan) {
  return shows(plan, TypeKind::KernelStack, TypeKind::KernelSymbol);
}
bool reads_files(const Plan& plan) { return uses_event(plan, {EventKind::Cat}); }
bool writes_files(const Plan& plan) { return uses_event(plan, {EventKind::Fprintf, EventKind::Packet}); }
// Their events are opened on CPUs that come online later.
bool follows_cpus(const Plan& plan) {
  return uses_provider(plan, {Provider::Profile, Provider::Interval, Provider::Software, Provider::Hardware,
                              Provider::Watchpoint});
}

// ---------------------------------------------------------------- what is missing

bool is_always_used(const Plan&) { return true; }
bool writes_user_memory(const Plan& plan) { return calls(plan, "probe_write_user"); }
bool enters_bpf_programs(const Plan& plan) {
  return std::ranges::any_of(plan.probes, [](const ProbePlan& probe) {
    return std::ranges::any_of(probe.targets,
                               [](const AttachTarget& target) { return target.program_id != 0; });
  });
}
// The types of modules are found by their ids, which the kernel gives to administrators.
bool enters_modules(const Plan& plan) {
  return std::ranges::any_of(plan.probes, [](const ProbePlan& probe) {
    const bool by_type = probe.provider == Provider::Fentry || probe.provider == Provider::Fexit ||
                         probe.provider == Provider::RawTracepoint;
    return by_type && std::ranges::any_of(probe.targets, [](const AttachTarget& target) {
             return !target.module.empty() && target.module != "vmlinux";
           });
  });
}
// Some distributions let administrators alone open perf events, of any kind, when the setting
// kernel.perf_event_paranoid is 3 or more.
bool cannot_open_perf_events(const Plan& plan) {
  const bool wanted = std::ranges::any_of(plan.probes, [](const ProbePlan& probe) {
    return probe.provider > Provider::Bench && !probe.multi && probe.provider != Provider::Fentry &&
           probe.provider != Provider::Fexit && probe.provider != Provider::RawTracepoint &&
           probe.provider != Provider::Iter;
  });
  if (!wanted) return false;
  perf_event_attr harmless{};
  harmless.size = sizeof harmless;
  harmless.type = PERF_TYPE_SOFTWARE;
  harmless.config = PERF_COUNT_SW_DUMMY;
  harmless.exclude_kernel = 1;
  const UniqueFd event(
      static_cast<int>(syscall(SYS_perf_event_open, &harmless, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  return !event && errno == EACCES;
}
bool cannot_read_tracefs(const Plan& plan) {
  return uses_provider(plan, {Provider::Tracepoint}) &&
         eaccess((tracefs() + "/events").c_str(), R_OK | X_OK) != 0;
}

struct Capability {
  int number;
  const char* name;
  const char* purpose;
  bool (*used)(const Plan& plan);
};

// CAP_SYS_ADMIN comprises the first two.
constexpr Capability kNeeded[] = {
    {CAP_BPF, "CAP_BPF", "loading programs", is_always_used},
    {CAP_PERFMON, "CAP_PERFMON", "reading the kernel's memory and attaching probes", is_always_used},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "write_user()", writes_user_memory},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "probes in BPF programs", enters_bpf_programs},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "fentry, fexit and rawtracepoint in modules", enters_modules},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "perf events, while kernel.perf_event_paranoid is 3 or more",
     cannot_open_perf_events},
    {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "tracepoints, which are listed in files of root",
     cannot_read_tracefs},
};

bool may(uint64_t capabilities, const Capability& need) {
  const bool comprised = need.number == CAP_BPF || need.number == CAP_PERFMON;
  return has(capabilities, need.number) || (comprised && has(capabilities, CAP_SYS_ADMIN));
}

// ---------------------------------------------------------------- what is kept

bool follows_cpus_as_administrator(const Plan& plan) {
  constexpr int kForbidden = 3;
  const auto level = read_file("/proc/sys/kernel/perf_event_paranoid");
  return level && std::atoi(level->c_str()) >= kForbidden && follows_cpus(plan);
}

struct Kept {
  uint64_t mask;
  bool (*used)(const Plan& plan);
};

constexpr Kept kKept[] = {
    {~uint64_t{0}, runs_commands},  // commands have the privileges of the tracer
    {bit(CAP_PERFMON), follows_cpus},
    {bit(CAP_SYS_ADMIN), follows_cpus_as_administrator},
    {bit(CAP_SYS_PTRACE) | bit(CAP_DAC_READ_SEARCH) | bit(CAP_DAC_OVERRIDE) | bit(CAP_PERFMON) |
         bit(CAP_CHECKPOINT_RESTORE),
     names_user_code},
    {bit(CAP_SYSLOG), names_kernel_code},
    {bit(CAP_DAC_READ_SEARCH) | bit(CAP_DAC_OVERRIDE), reads_files},
    {bit(CAP_DAC_READ_SEARCH) | bit(CAP_DAC_OVERRIDE), writes_files},
};

}  // namespace

Privileges current_privileges() {
  Privileges privileges;
  privileges.capabilities = ~uint64_t{0};  // cannot tell: let the kernel decide
  if (auto status = read_file("/proc/self/status")) {
    const size_t at = status->find("CapEff:");
    if (at != std::string::npos)
      privileges.capabilities = std::strtoull(status->c_str() + at + 7, nullptr, 16);
  }
  privileges.lockdown = kernel_lockdown();
  privileges.has_btf = eaccess("/sys/kernel/btf/vmlinux", R_OK) == 0;
  return privileges;
}

std::string missing_capabilities(uint64_t capabilities) {
  std::vector<std::string> names;
  for (const Capability& need : kNeeded)
    if (need.used == is_always_used && !may(capabilities, need)) names.emplace_back(need.name);
  return fmt::format("{}", fmt::join(names, " and "));
}

Result<void> check_privileges() {
  const Privileges privileges = current_privileges();
  const std::string missing = missing_capabilities(privileges.capabilities);
  if (!missing.empty())
    return fail(fmt::format("tracing the kernel needs privileges: {} missing", missing),
                "run tracer as root, or with --user to try a script without a kernel");
  if (privileges.lockdown == Lockdown::Confidentiality) return std::unexpected(lockdown_error());
  return {};
}

Result<void> check_privileges(const Plan& plan, const Privileges& privileges) {
  std::vector<std::string> missing;
  for (const Capability& need : kNeeded)
    if (!may(privileges.capabilities, need) && need.used(plan))
      missing.push_back(fmt::format("{} (for {})", need.name, need.purpose));
  if (!missing.empty())
    return fail(fmt::format("the script needs privileges: {} missing", fmt::join(missing, ", ")),
                "run it as root, or give the program these capabilities");
  if (privileges.lockdown == Lockdown::Confidentiality) return std::unexpected(lockdown_error());
  return {};
}

std::string why_kernel_code_has_no_names(const Plan& plan) {
  if (!names_kernel_code(plan)) return "";
  std::ifstream table("/proc/kallsyms");
  std::string line;
  // Where addresses are hidden all of them are zero; else those of the first few may be.
  for (int i = 0; i < 64 && std::getline(table, line); ++i)
    if (line.find_first_not_of('0') < line.find(' ')) return "";
  return fmt::format("functions of the kernel are shown without names: {}",
                     line.empty() ? "/proc/kallsyms cannot be read"
                                  : "it hides their addresses; run tracer as root or with CAP_SYSLOG (see "
                                    "kernel.kptr_restrict)");
}

uint64_t capabilities_to_keep(const Plan& plan, bool has_child) {
  uint64_t mask = has_child ? bit(CAP_KILL) : 0;  // the child may be another user by now
  for (const Kept& kept : kKept)
    if (kept.used(plan)) mask |= kept.mask;
  return mask;
}

void drop_privileges(const Plan& plan, bool has_child) {
  if (runs_commands(plan)) return;
  const uint64_t keep = capabilities_to_keep(plan, has_child);
  // Nothing is executed any more that would have to gain anything.
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
    if (!has(keep, capability)) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);

  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {};
  if (syscall(SYS_capget, &header, sets) != 0) return;
  for (int half = 0; half < 2; ++half) {
    const auto mask = static_cast<uint32_t>(keep >> 32 * half);
    sets[half].effective &= mask;
    sets[half].permitted &= mask;
    sets[half].inheritable = 0;
  }
  syscall(SYS_capset, &header, sets);
}

}  // namespace tracer

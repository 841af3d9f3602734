#include "codegen/module_emitter.h"

#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <charconv>

#include "base/files.h"
#include "base/text.h"

namespace tracer {
namespace {

// Of the first PID namespace, fixed in the kernel (PROC_PID_INIT_INO).
constexpr uint64_t kInitialPidNamespace = 0xEFFFFFFC;

uint32_t possible_cpus() {
  // A list of ranges such as `0-3` or `0,2-5`; the highest number counts, as maps have a slot for
  // each number below.
  auto text = read_file("/sys/devices/system/cpu/possible");
  if (!text) return 1;
  uint32_t highest = 0;
  for (std::string_view range : split(trim(*text), ',')) {
    std::string_view last = range.substr(range.find('-') + 1);
    uint32_t number = 0;
    std::from_chars(last.data(), last.data() + last.size(), number);
    highest = std::max(highest, number);
  }
  return highest + 1;
}

std::vector<ProbeCounters> counters_by_probe(const Plan& plan) {
  std::vector<ProbeCounters> result(plan.probes.size());
  for (uint32_t slot = 0; slot < plan.counters.size(); slot++) {
    const CounterPlan& counter = plan.counters[slot];
    if (counter.probe >= result.size()) continue;
    ProbeCounters& probe = result[counter.probe];
    if (counter.kind == CounterKind::LostEvent) probe.lost_event = slot;
    if (counter.kind == CounterKind::LostControl) probe.lost_control = slot;
    if (counter.kind == CounterKind::ProbeMissed) probe.missed = slot;
  }
  return result;
}

std::optional<uint32_t> find_process_event(const Plan& plan) {
  for (uint32_t i = 0; i < plan.events.size(); i++)
    if (plan.events[i].kind == EventKind::ProcessSeen) return i;
  return {};
}

uint64_t nanoseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

uint32_t main_source(const ast::CheckedScript& script) {
  return script.programs.empty() ? 0 : script.programs.back().clause->span.source;
}

}  // namespace

RunFacts read_run_facts() {
  RunFacts facts;
  facts.start_boot_ns = nanoseconds(CLOCK_BOOTTIME);
  facts.tai_offset_ns = nanoseconds(CLOCK_TAI) - nanoseconds(CLOCK_BOOTTIME);
  facts.possible_cpus = possible_cpus();
  struct stat info {};
  if (stat("/proc/self/ns/pid", &info) == 0 && info.st_ino != kInitialPidNamespace)
    facts.pid_namespace = {info.st_dev, info.st_ino};
  return facts;
}

ModuleEmitter::ModuleEmitter(const ast::CheckedScript& checked, const Sources& sources, CodeTarget target,
                             llvm::Module& module)
    : script(checked),
      plan(checked.plan),
      target(target),
      module(module),
      debug(module, sources, main_source(checked), target),
      maps(module, debug, checked.plan, target),
      facts(read_run_facts()),
      counters(counters_by_probe(checked.plan)),
      process_event(find_process_event(checked.plan)) {}

llvm::GlobalVariable* ModuleEmitter::kernel_variable(const std::string& name, const Type& type) {
  if (llvm::GlobalVariable* known = module.getNamedGlobal(name)) return known;
  auto* variable = new llvm::GlobalVariable(module, llvm::Type::getInt8Ty(module.getContext()), true,
                                            llvm::GlobalValue::ExternalLinkage, nullptr, name);
  variable->setSection(".ksyms");
  debug.describe_kernel_variable(*variable, type);
  return variable;
}

}  // namespace tracer

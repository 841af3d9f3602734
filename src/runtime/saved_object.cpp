#include "runtime/saved_object.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <string>
#include <vector>

#include "probes/kernel_needs.h"

namespace tracer {
namespace {

Error does_not_fit(const Need& need, const std::string& here, const Plan& plan) {
  auto found = [](const std::string& text) { return text.empty() ? "does not exist" : text; };
  Error error;
  error.text = fmt::format(
      "the compiled script does not fit this system: {} {} here, and {} on Linux {}, where it was compiled",
      subject_of(need), found(here), found(need.found), plan.saved_on);
  if (need.place < plan.places.size()) {
    const Place& place = plan.places[need.place];
    error.text += fmt::format("\n{}:{}:{}: {}", place.file, place.line, place.column, place.source_line);
  }
  error.hint = fmt::format("compile the script again for this kernel, Linux {}", kernel_release());
  return error;
}

}  // namespace

Result<void> check_needs(const Plan& plan, KernelInfo& kernel) {
  for (const Need& need : plan.needs)
    if (const std::string here = found_here(need, kernel); here != need.found)
      return std::unexpected(does_not_fit(need, here, plan));
  return {};
}

Result<void> check_unsafe(const Plan& plan) {
  std::vector<std::string> uses = plan.unsafe;
  for (const ProbePlan& probe : plan.probes)
    for (const AttachTarget& target : probe.targets)
      if (target.unchecked)
        uses.push_back(fmt::format("the probe `{}` at a place that was not checked", target.name));
  if (uses.empty()) return {};
  return fail(fmt::format("the compiled script is unsafe: it uses {}", fmt::join(uses, ", ")),
              "run it with --unsafe if that is meant");
}

Result<void> write_facts(bpf_object& object) {
  bpf_map* map = bpf_object__find_map_by_name(&object, kFactsSection);
  if (!map) return {};
  size_t size = 0;
  void* memory = bpf_map__initial_value(map, &size);
  if (!memory || size < sizeof(RunFacts))
    return fail("the compiled script is damaged: no place for facts of the run");
  const RunFacts facts = read_run_facts();
  std::memcpy(memory, &facts, sizeof facts);
  return {};
}

}  // namespace tracer

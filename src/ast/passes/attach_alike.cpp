#include "ast/passes/attach_alike.h"

#include <string_view>
#include <unordered_set>

#include "probes/provider.h"

namespace tracer::ast {
namespace {

bool is_kprobe(const ProbePlan& probe) {
  return probe.provider >= Provider::Kprobe && probe.provider <= Provider::Kretsyscall;
}

// Entries and returns are lists of their own.
using Functions = std::unordered_set<std::string_view>;
Functions functions_of_multi_links(const Plan& plan, bool returns) {
  Functions functions;
  for (const ProbePlan& probe : plan.probes)
    if (is_kprobe(probe) && probe.multi && provider_info(probe.provider).is_return == returns)
      for (const AttachTarget& target : probe.targets) functions.insert(target.function);
  return functions;
}

}  // namespace

void attach_alike(Plan& plan) {
  for (const bool returns : {false, true}) {
    const Functions functions = functions_of_multi_links(plan, returns);
    for (ProbePlan& probe : plan.probes) {
      if (!is_kprobe(probe) || provider_info(probe.provider).is_return != returns) continue;
      for (const AttachTarget& target : probe.targets)
        probe.multi |= target.offset == 0 && target.address == 0 && functions.contains(target.function);
    }
  }
}

}  // namespace tracer::ast

#include "probes/kernel_function.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/match_report.h"
#include "probes/renamed_functions.h"

namespace tracer {
namespace {

bool has_star(std::string_view text) { return text.find('*') != std::string_view::npos; }

bool matches(const ProbeSpec& spec, const KernelInfo::Function& function) {
  if (!spec.module.empty() && !glob_match(spec.module, function.module.empty() ? kVmlinux : function.module))
    return false;
  return spec.literal ? spec.function == function.name : glob_match(spec.function, function.name);
}

// Modules that a pattern can mean, vmlinux as "".
std::vector<std::string> modules_for(const ProbeSpec& spec, TypeDb& types) {
  std::vector<std::string> result;
  if (spec.module.empty() || glob_match(spec.module, kVmlinux)) result.emplace_back();
  if (spec.module.empty()) return result;
  for (std::string& module : types.modules())
    if (glob_match(spec.module, module)) result.push_back(std::move(module));
  return result;
}

std::vector<KernelInfo::Function> functions_by_btf(const ProbeSpec& spec, TypeDb& types) {
  std::vector<KernelInfo::Function> result;
  for (const std::string& module : modules_for(spec, types)) {
    for (std::string& name : types.functions(module.empty() ? kVmlinux : module)) {
      KernelInfo::Function function{std::move(name), module};
      if (matches(spec, function)) result.push_back(std::move(function));
    }
  }
  return result;
}

class BtfFunctions {
 public:
  // `one`: few questions will come, for which reading all names would take longer.
  BtfFunctions(TypeDb& types, bool one) : types_(types), one_(one) {}
  bool has(const KernelInfo::Function& function) {
    if (one_)
      return types_.function(function.name, function.module.empty() ? kVmlinux : function.module).has_value();
    auto [entry, is_new] = names_.try_emplace(function.module);
    if (is_new)
      for (std::string& name : types_.functions(function.module.empty() ? kVmlinux : function.module))
        entry->second.insert(std::move(name));
    return entry->second.contains(function.name);
  }

 private:
  TypeDb& types_;
  const bool one_;
  std::unordered_map<std::string, std::unordered_set<std::string>> names_;
};

void sort_and_drop_duplicates(std::vector<KernelInfo::Function>& functions, bool by_name) {
  auto less = [](const auto& a, const auto& b) {
    return std::tie(a.name, a.module) < std::tie(b.name, b.module);
  };
  auto same = [&](const auto& a, const auto& b) {
    return a.name == b.name && (by_name || a.module == b.module);
  };
  std::sort(functions.begin(), functions.end(), less);
  functions.erase(std::unique(functions.begin(), functions.end(), same), functions.end());
}

}  // namespace

bool is_pattern(const ProbeSpec& spec) {
  return has_star(spec.module) || (!spec.literal && has_star(spec.function));
}

void parse_function(std::span<const Part> parts, ProbeSpec& spec) {
  spec.function = parts.back().text;
  spec.literal = parts.back().quoted;
  if (parts.size() > 1) spec.module = parts.front().text;
}

Result<std::vector<KernelInfo::Function>> matching_functions(const ProbeSpec& spec, bool btf_only,
                                                             KernelInfo& kernel, TypeDb& types) {
  auto list = kernel.traceable_functions();
  std::vector<KernelInfo::Function> result;
  if (list) {
    BtfFunctions known(types, spec.literal || !has_wildcard(spec.function));
    for (const KernelInfo::Function& function : **list)
      if (matches(spec, function) && (!btf_only || known.has(function))) result.push_back(function);
  } else {
    if (kernel.has_own_list() || !types.available()) return std::unexpected(list.error());
    result = functions_by_btf(spec, types);
  }
  // Attached by name, one of several functions of a name stands for all.
  sort_and_drop_duplicates(result, spec.module.empty());
  return result;
}

bool check_module(const ProbeSpec& spec, Matching& matching) {
  bool any = spec.module.empty() || spec.module == kVmlinux || has_star(spec.module);
  if (any || matching.kernel.is_module_loaded(spec.module)) return true;
  if (matching.missing == MissingProbes::Ignore) return false;
  bool skip = matching.missing == MissingProbes::Warn;
  Span span = spec.part_spans.size() > 1 ? spec.part_spans[spec.part_spans.size() - 2] : spec.span;
  matching.diags.report(span, skip ? diag::module_not_loaded_skip : diag::module_not_loaded, spec.module,
                        spec.text);
  return false;
}

std::vector<std::string> candidates_for(const ProbeSpec& spec, KernelInfo& kernel, TypeDb& types) {
  constexpr size_t kMaxDifference = 3;
  std::vector<std::string> result;
  auto take = [&](std::string name) {
    const auto [shorter, longer] = std::minmax({name.size(), spec.function.size()});
    if (longer - shorter <= kMaxDifference) result.push_back(std::move(name));
  };
  if (!kernel.has_own_list() && types.available()) {
    for (std::string& name : types.functions(spec.module.empty() ? kVmlinux : spec.module))
      take(std::move(name));
  } else if (auto list = kernel.traceable_functions()) {
    const std::string_view module = spec.module == kVmlinux ? "" : spec.module;
    for (const KernelInfo::Function& traceable : **list)
      if (spec.module.empty() || traceable.module == module) take(traceable.name);
  }
  return result;
}

void report_missing_function(const ProbeSpec& spec, Matching& matching) {
  const std::string name = (spec.module.empty() ? "" : spec.module + ":") + spec.function;
  std::string hint = matching.missing == MissingProbes::Ignore ? "" : instead_of(spec.function, matching);
  if (!hint.empty()) return report_no_match_with(spec, name, std::move(hint), matching);
  report_no_match(spec, name, candidates_for(spec, matching.kernel, matching.types), matching);
}

}  // namespace tracer

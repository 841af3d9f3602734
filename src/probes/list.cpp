// Listing of probes (LANGUAGE 10.3).
#include <fmt/format.h>

#include "base/text.h"
#include "probes/provider_actions.h"

namespace tracer {
namespace {

struct Query {
  std::string_view provider;  // name, short name or wildcard
  std::string_view rest;      // what follows its colon
};

// `tcp_*` without a colon means any provider.
Query parse_query(std::string_view pattern) {
  size_t colon = pattern.find(':');
  if (colon == std::string_view::npos) return {"*", pattern};
  return {pattern.substr(0, colon), pattern.substr(colon + 1)};
}

// One pattern after the other: at commas, but for those of quoted names of C++.
std::vector<std::string_view> patterns_in(std::string_view text) {
  std::vector<std::string_view> patterns;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] != ',' || quoted) continue;
    patterns.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  patterns.push_back(text.substr(begin));
  return patterns;
}

// `*` means each place where something happens once; not returns, nor what differs between processes.
bool means(const Query& query, const ProviderInfo& info) {
  if (query.provider == "*") return info.listed_by_star;
  if (query.provider.find('*') != std::string_view::npos) return glob_match(lower(query.provider), info.name);
  return find_provider(query.provider) == &info;
}

// A provider that does not exist, or whose probes cannot be listed, is said rather than listed as nothing.
Result<void> check(const Query& query) {
  if (query.provider.find('*') != std::string_view::npos) return {};
  const ProviderInfo* info = find_provider(query.provider);
  if (!info) {
    std::vector<std::string> names;
    for (const ProviderInfo& each : all_providers()) names.push_back(each.name);
    return fail(fmt::format("Invalid probe type: {}", query.provider), did_you_mean(query.provider, names));
  }
  const ProviderActions& actions = provider_actions(info->provider);
  if (!actions.list)
    return fail(
        fmt::format("`{}` probes are not listed: what they are attached to has no names", info->name));
  return {};
}

// A line for a probe and one for each of its arguments.
class Lister {
 public:
  Lister(bool arguments, KernelInfo& kernel, TypeDb& types, const ListLine& line)
      : arguments_(arguments), describing_{kernel, types, types.declarations()}, line_(line) {}

  bool show(Provider provider, const AttachTarget& target) {
    if (!line_(target.name)) return false;
    const ProviderActions& actions = provider_actions(provider);
    if (!arguments_ || !actions.describe) return true;
    for (const std::string& argument : actions.describe(provider, target, describing_))
      if (!line_("    " + argument)) return false;
    return true;
  }

 private:
  bool arguments_;
  Describing describing_;
  const ListLine& line_;
};

}  // namespace

Result<void> list_probes(std::string_view pattern, const ListOptions& options, KernelInfo& kernel,
                         TypeDb& types, const ListLine& line) {
  Lister lister(options.arguments, kernel, types, line);
  for (std::string_view one : patterns_in(pattern)) {
    Query query = parse_query(trim(one));
    if (auto known = check(query); !known) return known;
    for (const ProviderInfo& info : all_providers()) {
      const ProviderActions& actions = provider_actions(info.provider);
      if (!means(query, info) || !actions.list) continue;
      const ProbeLine take([&](const AttachTarget& target) { return lister.show(info.provider, target); });
      const Listing listing{kernel, types, options.target_pid, take};
      auto more = actions.list(info.provider, query.rest, listing);
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
    }
  }
  return {};
}

void list_plan(const Plan& plan, bool arguments, KernelInfo& kernel, TypeDb& types, const ListLine& line) {
  Lister lister(arguments, kernel, types, line);
  for (const ProbePlan& probe : plan.probes) {
    const ProviderInfo& info = provider_info(probe.provider);
    const bool timer = probe.period != 0;
    if (!info.has_target && !timer) continue;  // what tracer runs by itself
    if (probe.targets.empty() && !line(probe.name)) return;
    for (const AttachTarget& target : probe.targets)
      if (!lister.show(probe.provider, target)) return;
  }
}

std::optional<Result<void>> list_types(std::string_view pattern, bool members, TypeDb& types,
                                       const ListLine& line) {
  for (std::string_view word : {"struct", "union", "enum"}) {
    if (!pattern.starts_with(word) || pattern.size() == word.size() || pattern[word.size()] != ' ') continue;
    return types.declarations().types(word, trim(pattern.substr(word.size())), members, line);
  }
  return std::nullopt;
}

}  // namespace tracer

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

bool means(const Query& query, const ProviderInfo& info) {
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
  const ProviderActions* actions = provider_actions(info->provider);
  if (!actions || !actions->list)
    return fail(fmt::format("`{}` probes cannot be listed by this version", info->name));
  return {};
}

}  // namespace

Result<void> list_probes(std::string_view pattern, KernelInfo& kernel, TypeDb& types, const ProbeLine& line) {
  for (std::string_view one : split(pattern, ',')) {
    Query query = parse_query(trim(one));
    if (auto known = check(query); !known) return known;
    for (const ProviderInfo& info : all_providers()) {
      const ProviderActions* actions = provider_actions(info.provider);
      if (!means(query, info) || !actions || !actions->list) continue;
      auto more = actions->list(info.provider, query.rest, kernel, types, line);
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
    }
  }
  return {};
}

}  // namespace tracer

// software and hardware: after each so many events of the kernel or of the processor (LANGUAGE 7.9).

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/number.h"
#include "probes/perf_event_attach.h"
#include "probes/perf_event_names.h"
#include "probes/perf_events.h"
#include "probes/provider_actions.h"

namespace tracer {
namespace {

// Aliases as well, in the order of the alphabet.
std::vector<std::string> names_of(Provider provider) {
  std::vector<std::string> names;
  for (const PerfEventName& event : perf_event_names(provider)) {
    names.emplace_back(event.name);
    if (*event.alias) names.emplace_back(event.alias);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  const char* provider = provider_info(spec.provider).name;
  const PerfEventName* event = find_perf_event(spec.provider, parts[0].text);
  if (!event) {
    auto& message = diags.report(parts[0].span, diag::unknown_event, parts[0].text, provider);
    std::string near = did_you_mean(parts[0].text, names_of(spec.provider));
    message.hint(near.empty() ? fmt::format("list them: tracer -l '{}:*'", provider) : near);
    return false;
  }
  spec.function = event->name;
  spec.period = event->default_count;
  if (parts.size() > 1 && !parts[1].text.empty()) {
    auto count = parse_number(parts[1].text);
    // The kernel takes the highest bit for a sign.
    if (!count || *count == 0 || *count >> 63) {
      diags.report(parts[1].span, diag::invalid_count, provider, parts[1].text)
          .hint("it is a number from 1, of events between two runs of the clause");
      return false;
    }
    spec.period = *count;
  }
  spec.text = fmt::format("{}:{}:{}", provider, spec.function, spec.period);
  return true;
}

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching&) {
  AttachTarget target;
  target.name = spec.text;
  target.function = spec.function;
  return {target};
}

Result<bool> list(Provider provider, std::string_view pattern, const Listing& listing) {
  for (const std::string& name : names_of(provider)) {
    bool wanted = pattern.empty() || glob_match(pattern, name) || glob_match(pattern, name + ":");
    if (wanted && !listing.line(fmt::format("{}:{}:", provider_info(provider).name, name))) return false;
  }
  return true;
}

}  // namespace

const ProviderActions kPerfEventActions = {
    .parse = parse,
    .match = match,
    .context = perf_event_context,
    .section = perf_event_section,
    .list = list,
    .prepare = prepare_perf_event,
    .attach = attach_perf_event,
};

}  // namespace tracer

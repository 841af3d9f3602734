// From attach points as written to ProbeSpecs (LANGUAGE 1.1, 1.3, 7.1).

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/number.h"
#include "probes/provider_actions.h"

namespace tracer {
namespace {

// ---------------------------------------------------------------- positional parameters

struct Expansion {
  std::span<const std::string> positional;
  Diagnostics& diags;
  bool failed = false;

  // The text for the `$N` at `at`, which is moved behind it.
  std::string value(std::string_view text, size_t& at, Span span) {
    size_t end = at + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') end++;
    std::string_view digits = text.substr(at + 1, end - at - 1);
    auto number = parse_number(digits);
    at = end;
    if (number && *number >= 1 && *number <= positional.size()) return positional[*number - 1];
    diags.report(span, diag::positional_missing, digits)
        .hint("give it after the script: `tracer -e '...' VALUE`");
    failed = true;
    return {};
  }

  std::string text(std::string_view raw, Span span) {
    std::string result;
    for (size_t at = 0; at < raw.size();) {
      if (raw[at] == '$')
        result += value(raw, at, span);
      else
        result += raw[at++];
    }
    return result;
  }
};

// Parameters are expanded as text, so a value may hold several parts.
std::vector<Part> expand_parts(const AttachText& point, Expansion& expansion) {
  std::vector<Part> result;
  for (size_t i = 0; i < point.parts.size(); i++) {
    Span span = i < point.part_spans.size() ? point.part_spans[i] : point.span;
    bool quoted = i < point.quoted.size() && point.quoted[i];
    if (quoted || point.parts[i].find('$') == std::string::npos) {
      result.push_back({point.parts[i], quoted, span});
      continue;
    }
    std::string text = expansion.text(point.parts[i], span);
    for (std::string_view piece : split(text, ':')) result.push_back({std::string(trim(piece)), false, span});
  }
  return result;
}

// ---------------------------------------------------------------- providers

bool suits(const ProviderInfo& info, size_t parts) {
  return parts >= info.min_parts && parts <= info.max_parts;
}

std::string allowed_counts(const ProviderInfo& info) {
  if (info.min_parts == info.max_parts) return std::to_string(info.min_parts);
  std::string join = info.max_parts - info.min_parts == 1 ? " or " : " to ";
  return std::to_string(info.min_parts) + join + std::to_string(info.max_parts);
}

// Parts that a following attach point takes over when it has too few (LANGUAGE 1.3).
size_t group_size(Provider provider) {
  switch (provider) {
    case Provider::Tracepoint:
    case Provider::Uprobe:
    case Provider::Uretprobe:
      return 1;
    case Provider::Usdt:
      return 2;
    default:
      return 0;
  }
}

// An attach point whose provider is known.
struct Resolved {
  const ProviderInfo* info = nullptr;
  std::vector<Part> parts;  // after the provider
};

// `alone`: no `:` follows.
void report_unknown(const Part& part, bool alone, bool with_wildcard, Diagnostics& diags) {
  if (with_wildcard) {
    diags.report(part.span, diag::wildcard_provider)
        .hint("write one clause for several: `kprobe:f, fentry:f`");
    return;
  }
  if (part.quoted) {
    diags.report(part.span, diag::invalid_probe_type, part.text)
        .hint("the provider is written without quotes");
    return;
  }
  std::vector<std::string> names;
  for (const ProviderInfo& info : all_providers()) names.emplace_back(info.name);
  auto& message = diags.report(part.span, diag::invalid_probe_type, part.text);
  std::string near = did_you_mean(part.text, names);
  if (near.empty() && alone) near = fmt::format("the provider comes first, such as `kprobe:{}`", part.text);
  message.hint(std::move(near));
}

void report_count(const ProviderInfo& info, size_t found, Span span, Diagnostics& diags) {
  diags.report(span, diag::probe_part_count, info.name, allowed_counts(info), found);
}

// Adds the group of `previous` where the parts are too few for its provider.
std::vector<Part> with_group(const Resolved& previous, std::vector<Part> parts) {
  size_t group =
      std::min(group_size(previous.info->provider), previous.parts.size() - !previous.parts.empty());
  if (parts.size() > 1 || group == 0) return parts;
  parts.insert(parts.begin(), previous.parts.begin(), previous.parts.begin() + static_cast<ptrdiff_t>(group));
  return parts;
}

std::optional<Resolved> resolve(std::vector<Part> parts, Span span, const Resolved* previous,
                                Diagnostics& diags) {
  const Part& first = parts.front();
  const ProviderInfo* named = first.quoted ? nullptr : find_provider(first.text);
  if (named && suits(*named, parts.size() - 1))
    return Resolved{named, std::vector<Part>(parts.begin() + 1, parts.end())};
  if (previous) {
    std::vector<Part> inherited = with_group(*previous, parts);
    if (suits(*previous->info, inherited.size())) return Resolved{previous->info, std::move(inherited)};
    if (!named) {
      report_count(*previous->info, inherited.size(), span, diags);
      return {};
    }
  }
  if (named)
    report_count(*named, parts.size() - 1, span, diags);
  else
    report_unknown(first, parts.size() == 1, !first.quoted && first.text.find('*') != std::string::npos,
                   diags);
  return {};
}

// ---------------------------------------------------------------- one attach point

bool counts_events(Provider provider) {
  return provider == Provider::Software || provider == Provider::Hardware;
}

// `software:cs:` is the one form with an empty part.
bool may_be_empty(const Resolved& resolved, size_t part) {
  return part == 1 && counts_events(resolved.info->provider);
}

bool check_empty(const Resolved& resolved, Diagnostics& diags) {
  for (size_t i = 0; i < resolved.parts.size(); i++) {
    if (!resolved.parts[i].text.empty() || may_be_empty(resolved, i)) continue;
    if (counts_events(resolved.info->provider))
      diags.report(resolved.parts[i].span, diag::no_event_name, resolved.info->name)
          .hint(fmt::format("list them: tracer -l '{}:*'", resolved.info->name));
    else
      diags.report(resolved.parts[i].span, diag::empty_part, resolved.info->name);
    return false;
  }
  return true;
}

bool check_wildcards(const Resolved& resolved, Diagnostics& diags) {
  if (resolved.info->wildcards) return true;
  for (const Part& part : resolved.parts) {
    if (part.quoted || part.text.find('*') == std::string::npos) continue;
    diags.report(part.span,
                 counts_events(resolved.info->provider) ? diag::wildcards_not_allowed : diag::no_wildcards,
                 resolved.info->name);
    return false;
  }
  return true;
}

std::string canonical_text(const ProviderInfo& info, const std::vector<Part>& parts) {
  std::string text = info.name;
  for (const Part& part : parts) text += ":" + part.text;
  return text;
}

std::optional<ProbeSpec> make_spec(const AttachText& point, const Resolved& resolved,
                                   const AttachPointOptions& options, Diagnostics& diags) {
  ProbeSpec spec;
  spec.provider = resolved.info->provider;
  spec.span = point.span;
  spec.part_spans = point.part_spans;
  spec.name = point.name;
  spec.unsafe = options.unsafe;
  spec.target_pid = options.target_pid;
  spec.child_pid = options.child_pid;
  spec.child_program = options.child_program;
  spec.text = canonical_text(*resolved.info, resolved.parts);
  if (!check_empty(resolved, diags) || !check_wildcards(resolved, diags)) return {};
  const ProviderActions& actions = provider_actions(spec.provider);
  if (actions.parse && !actions.parse(resolved.parts, spec, diags)) return {};
  return spec;
}

}  // namespace

std::vector<ProbeSpec> parse_attach_points(const std::vector<AttachText>& points,
                                           const AttachPointOptions& options, Diagnostics& diags) {
  std::vector<ProbeSpec> specs;
  std::optional<Resolved> previous;
  for (const AttachText& point : points) {
    Expansion expansion{options.positional, diags};
    std::vector<Part> parts = expand_parts(point, expansion);
    if (expansion.failed || parts.empty()) continue;
    auto resolved = resolve(std::move(parts), point.span, previous ? &*previous : nullptr, diags);
    if (!resolved) continue;
    previous = *resolved;
    if (auto spec = make_spec(point, *resolved, options, diags)) specs.push_back(std::move(*spec));
  }
  return specs;
}

}  // namespace tracer

#include "probes/match_report.h"

#include "base/text.h"
#include "probes/diagnostics.h"

namespace tracer {

Span last_part_span(const ProbeSpec& spec) {
  return spec.part_spans.empty() ? spec.span : spec.part_spans.back();
}

// The candidates may be names without the module in which they were looked for.
void report_no_match(const ProbeSpec& spec, std::string_view name, std::span<const std::string> candidates,
                     Matching& matching) {
  std::string_view bare = name;
  if (!spec.module.empty() && bare.starts_with(spec.module + ":")) bare.remove_prefix(spec.module.size() + 1);
  std::string hint = did_you_mean(name, candidates);
  if (hint.empty()) hint = did_you_mean(bare, candidates);
  report_no_match_with(spec, name, std::move(hint), matching);
}

void report_no_match_with(const ProbeSpec& spec, std::string_view name, std::string hint,
                          Matching& matching) {
  if (matching.missing == MissingProbes::Ignore) return;
  bool skip = matching.missing == MissingProbes::Warn;
  matching.diags
      .report(last_part_span(spec), skip ? diag::no_match_skip : diag::no_match,
              provider_info(spec.provider).name, name)
      .hint(std::move(hint));
}

void report_unmatched_wildcard(const ProbeSpec& spec, MissingProbes missing, Diagnostics& diags) {
  if (missing == MissingProbes::Ignore) return;
  if (missing == MissingProbes::Warn)
    diags.report(last_part_span(spec), diag::no_wildcard_match_skip, spec.text);
  else
    diags.report(last_part_span(spec), diag::no_wildcard_match);
}

}  // namespace tracer

// interval and profile: the same clock, on one CPU or on all (LANGUAGE 7.8).

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/number.h"
#include "probes/perf_events.h"
#include "probes/provider_actions.h"
#include "probes/timer_attach.h"

namespace tracer {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kLeastPeriod = 1000;

struct Unit {
  std::string_view name;
  uint64_t nanoseconds;
};
constexpr Unit kUnits[] = {{"s", kSecond}, {"ms", 1'000'000}, {"us", 1000}};
// Of durations; longer suffixes first, so that `ms` is not taken for `s`.
constexpr Unit kSuffixes[] = {
    {"ns", 1},           {"us", 1000},          {"ms", 1'000'000},     {"s", kSecond},
    {"m", 60 * kSecond}, {"h", 3600 * kSecond}, {"d", 86400 * kSecond}};

const char* provider_name(const ProbeSpec& spec) { return provider_info(spec.provider).name; }

bool check_period(uint64_t period, Span span, ProbeSpec& spec, Diagnostics& diags) {
  spec.period = period;
  if (period >= kLeastPeriod) return true;
  diags.report(span, diag::rate_too_small, provider_name(spec), period);
  return false;
}

bool parse_unit_and_number(const Part& unit, const Part& count, ProbeSpec& spec, Diagnostics& diags) {
  uint64_t scale = 0;
  for (const Unit& row : kUnits)
    if (unit.text == row.name) scale = row.nanoseconds;
  if (scale == 0 && unit.text != "hz") {
    diags.report(unit.span, diag::not_a_time_unit, unit.text).hint("use s, ms, us or hz");
    return false;
  }
  auto number = parse_number(count.text);
  uint64_t period = 0;
  bool valid = number && !__builtin_mul_overflow(*number, scale, &period);
  if (!valid) {
    diags.report(count.span, diag::invalid_rate, provider_name(spec), count.text);
    return false;
  }
  if (scale == 0) period = *number ? kSecond / *number : 0;
  spec.text = fmt::format("{}:{}:{}", provider_name(spec), unit.text, *number);
  return check_period(period, count.span, spec, diags);
}

// `interval:300ms` keeps the unit in which it was written; a bare number, and any duration of
// profile, is named in microseconds (LANGUAGE 7.3).
std::string duration_name(const ProbeSpec& spec, std::string_view suffix) {
  const Unit* unit = &kUnits[2];
  if (spec.provider == Provider::Interval && !suffix.empty() && suffix != "ns")
    for (const Unit& row : kUnits)
      if (suffix == row.name) unit = &row;
  bool minutes_or_more = suffix == "m" || suffix == "h" || suffix == "d";
  if (spec.provider == Provider::Interval && minutes_or_more) unit = &kUnits[0];
  return fmt::format("{}:{}:{}", provider_name(spec), unit->name, spec.period / unit->nanoseconds);
}

bool parse_duration(const Part& part, ProbeSpec& spec, Diagnostics& diags) {
  std::string_view text = part.text;
  // Only digits decide where the suffix begins: `0x10` has none.
  size_t digits = text.find_first_not_of("0123456789_");
  std::string_view suffix = digits == std::string_view::npos ? "" : text.substr(digits);
  uint64_t scale = 1;
  bool known = suffix.empty();
  for (const Unit& row : kSuffixes) {
    if (suffix != row.name) continue;
    scale = row.nanoseconds;
    known = true;
  }
  auto number = parse_number(known ? text.substr(0, text.size() - suffix.size()) : text);
  if (!known && number) suffix = "";  // `0x10`, `3e6`
  uint64_t period = 0;
  if (!number || __builtin_mul_overflow(*number, scale, &period)) {
    bool wrong_unit = digits != std::string_view::npos && digits > 0 && text.substr(0, 2) != "0x";
    if (wrong_unit && !number)
      diags.report(part.span, diag::not_a_time_unit, suffix).hint("use ns, us, ms, s, m, h or d");
    else
      diags.report(part.span, diag::invalid_rate, provider_name(spec), text);
    return false;
  }
  spec.period = period;
  spec.text = duration_name(spec, suffix);
  return check_period(period, part.span, spec, diags);
}

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  return parts.size() == 2 ? parse_unit_and_number(parts[0], parts[1], spec, diags)
                           : parse_duration(parts[0], spec, diags);
}

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching&) {
  AttachTarget target;
  target.name = spec.text;
  return {target};
}

// The units that may follow.
Result<bool> list(Provider provider, std::string_view pattern, const Listing& listing) {
  std::vector<std::string_view> units = {"hz"};
  for (const Unit& unit : kUnits) units.push_back(unit.name);
  std::sort(units.begin(), units.end());
  for (std::string_view unit : units) {
    std::string name = fmt::format("{}:", unit);
    if ((pattern.empty() || glob_match(pattern, name) || glob_match(pattern, unit)) &&
        !listing.line(fmt::format("{}:{}", provider_info(provider).name, name)))
      return false;
  }
  return true;
}

}  // namespace

const ProviderActions kTimerActions = {
    .parse = parse,
    .match = match,
    .context = perf_event_context,
    .section = perf_event_section,
    .list = list,
    .prepare = prepare_perf_event,
    .attach = attach_timer,
};

}  // namespace tracer

#include "runtime/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "runtime/json_text.h"
#include "runtime/time_format.h"

namespace tracer {

namespace {

constexpr size_t kGraphColumns = 53;  // its borders included
constexpr size_t kLeastColumns = 21, kMostColumns = kGraphColumns - kLeastColumns;

// Wide enough for every value of either sign, and for a range that is widened.
__extension__ typedef __int128 Wide;

// How points of time are written, by the largest unit that the interval is a multiple of.
struct TimeForm {
  uint64_t nanoseconds;
  const char* heading;
  const char* format;
};
constexpr std::array kTimeForms = {
    TimeForm{1'000'000'000, "hh:mm:ss", "%H:%M:%S"},
    TimeForm{1'000'000, "hh:mm:ss.ms", "%H:%M:%S.%l"},
    TimeForm{1'000, "hh:mm:ss.us", "%H:%M:%S.%f"},
    TimeForm{1, "hh:mm:ss.ns", "%H:%M:%S.%k"},
};

const TimeForm& time_form(uint64_t interval) {
  return *std::find_if(kTimeForms.begin(), kTimeForms.end(),
                       [&](const TimeForm& form) { return interval % form.nanoseconds == 0; });
}

std::string interval_start(const char* format, uint64_t epoch, uint64_t interval) {
  constexpr size_t kLongest = 64;
  return format_time(format, epoch * interval, kLongest);
}

Wide value_of(const MapPlan& plan, uint64_t word) {
  return plan.value.is_signed ? Wide{static_cast<int64_t>(word)} : Wide{word};
}

std::string number_text(const MapPlan& plan, uint64_t word) {
  return plan.value.is_signed ? fmt::format("{}", static_cast<int64_t>(word)) : fmt::format("{}", word);
}

struct Range {
  Wide least = 0, most = 0;
  size_t column(Wide value) const {
    return static_cast<size_t>((kGraphColumns - 1) * (value - least) / (most - least));
  }
};

Range range_of(const MapPlan& plan, const MapEntry& entry) {
  Range range;
  bool first = true;
  for (const auto& [epoch, word] : entry.series) {
    const Wide value = value_of(plan, word);
    range.least = first ? value : std::min(range.least, value);
    range.most = first ? value : std::max(range.most, value);
    first = false;
  }
  if (range.least == range.most) {
    range.least -= 1;
    range.most += 1;
  }
  return range;
}

// A range may be widened by one beyond 64 bits.
std::string wide_text(Wide value) {
  const bool negative = value < 0;
  std::string digits;
  for (Wide rest = negative ? -value : value; digits.empty() || rest > 0; rest /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  return negative ? "-" + digits : digits;
}

std::string graph_line(const Range& range, const Wide* value) {
  std::string line(kGraphColumns, ' ');
  line.front() = line.back() = '|';
  if (range.least < 0 && range.most > 0) line[range.column(0)] = '.';
  if (value) line[range.column(*value)] = '*';
  return line;
}

}  // namespace

void combine_series(SeriesAggregate aggregate, const SeriesValue& one, SeriesValue& all) {
  if (one.epoch < all.epoch) return;
  if (one.epoch > all.epoch) {
    all = one;
    return;
  }
  switch (aggregate) {
    case SeriesAggregate::Last:
      if (one.meta > all.meta) all = one;
      break;
    case SeriesAggregate::Avg:
    case SeriesAggregate::Sum:
      all.word += one.word;
      all.meta += one.meta;
      break;
    case SeriesAggregate::Max:
    case SeriesAggregate::Min:
      all.word = std::max(all.word, one.word);
      all.meta += one.meta;
      break;
  }
}

uint64_t series_number(const MapPlan& plan, const SeriesValue& value) {
  const bool is_signed = plan.value.is_signed;
  const uint64_t bias = is_signed ? uint64_t{1} << 63 : 0;
  switch (plan.series_aggregate) {
    case SeriesAggregate::Last:
    case SeriesAggregate::Sum:
      return value.word;
    case SeriesAggregate::Avg: {
      MapEntry calls;
      calls.number = value.word;
      calls.calls = value.meta;
      return average(calls, is_signed);
    }
    case SeriesAggregate::Max:
      return value.word ^ bias;
    case SeriesAggregate::Min:
      return ~value.word ^ bias;
  }
  return 0;
}

uint64_t oldest_epoch(const MapPlan& plan, uint64_t newest) {
  return newest >= plan.series_length ? newest - plan.series_length + 1 : 0;
}

void append_series(std::string& out, const MapPlan& plan, const MapEntry& entry) {
  if (entry.series.empty()) return;
  const TimeForm& form = time_form(plan.series_interval);
  const Range range = range_of(plan, entry);
  const size_t margin = interval_start(form.format, entry.newest_epoch, plan.series_interval).size();
  const std::string bounds =
      fmt::format("{:<{}}{:>{}}", wide_text(range.least), kLeastColumns, wide_text(range.most), kMostColumns);
  const std::string rule(kGraphColumns - 2, '_');
  auto sink = std::back_inserter(out);
  fmt::format_to(sink, "{:<{}} {}\n{:<{}} |{}|\n", "", margin, bounds, form.heading, margin, rule);
  for (uint64_t epoch = entry.series.begin()->first; epoch <= entry.newest_epoch; ++epoch) {
    const auto found = entry.series.find(epoch);
    const bool there = found != entry.series.end();
    const Wide value = there ? value_of(plan, found->second) : 0;
    fmt::format_to(sink, "{} {} {}\n", interval_start(form.format, epoch, plan.series_interval),
                   graph_line(range, there ? &value : nullptr),
                   there ? number_text(plan, found->second) : "-");
  }
  fmt::format_to(sink, "{:<{}} v{}v\n{:<{}} {}\n", "", margin, rule, "", margin, bounds);
}

void append_series_json(std::string& out, const MapPlan& plan, const MapEntry& entry) {
  out += '[';
  bool first = true;
  for (const auto& [epoch, word] : entry.series) {
    if (!first) out += ',';
    first = false;
    out += "{\"interval_start\":";
    append_json_string(out, interval_start("%Y-%m-%dT%H:%M:%S.%k", epoch, plan.series_interval));
    out += ",\"value\":";
    if (plan.value.is_signed)
      append_json_number(out, static_cast<int64_t>(word));
    else
      append_json_number(out, word);
    out += '}';
  }
  out += ']';
}

}  // namespace tracer

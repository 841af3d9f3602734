#include <fmt/format.h>

#include <iterator>

#include "runtime/map_numbers.h"
#include "runtime/map_printer.h"
#include "runtime/series.h"

namespace tracer {

namespace {

void append_number(std::string& out, uint64_t value, bool is_signed) {
  if (is_signed) {
    fmt::format_to(std::back_inserter(out), "{}", static_cast<int64_t>(value));
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

void append_stats(std::string& out, const MapPlan& plan, const MapEntry& entry, uint64_t div) {
  StatsNumbers stats = shown_stats(plan, entry, div);
  fmt::format_to(std::back_inserter(out), "{{ .count = {}, .average = ", stats.count);
  append_number(out, stats.average, plan.value.is_signed);
  out += ", .total = ";
  append_number(out, stats.total, plan.value.is_signed);
  out += " }";
}

void append_name(std::string& out, const MapPlan& plan, const MapEntry& entry, const ValueContext& context) {
  out += plan.name;
  if (plan.scalar()) return;
  out += '[';
  append_value_text(out, plan.key, entry.key, context, true);
  out += ']';
}

void append_value(std::string& out, const MapPlan& plan, const MapEntry& entry, uint64_t div,
                  const ValueContext& context) {
  switch (plan.kind) {
    case MapKind::Plain:
      append_value_text(out, plan.value, shown_plain(plan, entry, div), context);
      break;
    case MapKind::Stats:
      append_stats(out, plan, entry, div);
      break;
    default:
      append_number(out, shown_number(plan, entry, div), shows_signed(plan));
  }
}

void append_entry(std::string& out, const MapPlan& plan, const MapEntry& entry, uint64_t div,
                  const ValueContext& context) {
  append_name(out, plan, entry, context);
  if (!plan.bucketed()) {
    out += ": ";
    append_value(out, plan, entry, div, context);
  } else {
    out += ":\n";
    if (plan.kind == MapKind::TimeSeries)
      append_series(out, plan, entry);
    else
      append_histogram(out, shown_buckets(plan, entry, div));
  }
  out += '\n';
}

}  // namespace

void write_map_text(const WriteText& write, const MapTable& table, uint64_t div,
                    const ValueContext& context) {
  std::string text;
  for (size_t i = 0; i < table.size(); ++i) {
    text.clear();
    append_entry(text, table.plan(), table.entry(i), div, context);
    write(text);
  }
}

}  // namespace tracer

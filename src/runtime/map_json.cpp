#include <algorithm>

#include "runtime/json_text.h"
#include "runtime/map_numbers.h"
#include "runtime/map_printer.h"
#include "runtime/series.h"

namespace tracer {

namespace {

// Type of the line for each kind, in the order of MapKind.
constexpr const char* kLineTypes[] = {
    "map", "map", "map", "map", "map", "stats", "stats", "hist", "hist", "tseries",
};

void append_number(std::string& out, uint64_t value, bool is_signed) {
  if (is_signed) {
    append_json_number(out, static_cast<int64_t>(value));
  } else {
    append_json_number(out, value);
  }
}

void append_stats(std::string& out, const MapPlan& plan, const MapEntry& entry, uint64_t div) {
  StatsNumbers stats = shown_stats(plan, entry, div);
  out += "{\"count\": ";
  append_json_number(out, stats.count);
  out += ", \"average\": ";
  append_number(out, stats.average, plan.value.is_signed);
  out += ", \"total\": ";
  append_number(out, stats.total, plan.value.is_signed);
  out += '}';
}

void append_bucket(std::string& out, const Bucket& bucket) {
  out += '{';
  if (bucket.range.min) {
    out += "\"min\": ";
    append_json_number(out, *bucket.range.min);
    out += ", ";
  }
  if (bucket.range.max) {
    out += "\"max\": ";
    append_json_number(out, *bucket.range.max);
    out += ", ";
  }
  out += "\"count\": ";
  append_json_number(out, bucket.count);
  out += '}';
}

void append_buckets(std::string& out, const std::vector<Bucket>& buckets) {
  out += '[';
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (i > 0) out += ", ";
    append_bucket(out, buckets[i]);
  }
  out += ']';
}

void append_value(std::string& out, const MapPlan& plan, const MapEntry& entry, uint64_t div,
                  const ValueContext& context) {
  switch (plan.kind) {
    case MapKind::Plain:
      append_value_json(out, plan.value, shown_plain(plan, entry, div), context);
      break;
    case MapKind::Stats:
      append_stats(out, plan, entry, div);
      break;
    case MapKind::Hist:
    case MapKind::LinearHist:
      append_buckets(out, shown_buckets(plan, entry, div));
      break;
    case MapKind::TimeSeries:
      append_series_json(out, plan, entry);
      break;
    default:
      append_number(out, shown_number(plan, entry, div), shows_signed(plan));
  }
}

std::string key_text(const MapPlan& plan, const MapEntry& entry, const ValueContext& context) {
  std::string text;
  append_value_text(text, plan.key, entry.key, context, true);
  std::erase(text, ' ');
  return text;
}

}  // namespace

void write_map_json(const WriteText& write, const MapTable& table, uint64_t div,
                    const ValueContext& context) {
  if (table.empty()) return;
  const MapPlan& plan = table.plan();
  std::string text = "{\"type\": \"";
  text += kLineTypes[static_cast<size_t>(plan.kind)];
  text += "\", \"data\": {";
  append_json_string(text, plan.name);
  text += plan.scalar() ? ": " : ": {";
  for (size_t i = 0; i < table.size(); ++i) {
    const MapEntry entry = table.entry(i);
    if (i > 0) text += ", ";
    if (!plan.scalar()) {
      append_json_string(text, key_text(plan, entry, context));
      text += ": ";
    }
    append_value(text, plan, entry, div, context);
    write(text);
    text.clear();
  }
  write(plan.scalar() ? "}}\n" : "}}}\n");
}

}  // namespace tracer

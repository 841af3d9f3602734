#include "cli/interactive/watch_frame.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "runtime/map_numbers.h"
#include "runtime/map_printer.h"
#include "runtime/map_table.h"
#include "runtime/values.h"

namespace tracer {
namespace {

constexpr size_t kMostRows = 10'000;  // of one map; nobody looks at more

// One number for each key.
bool has_numbers(const MapPlan& plan) {
  switch (plan.kind) {
    case MapKind::Count:
    case MapKind::Sum:
    case MapKind::Min:
    case MapKind::Max:
    case MapKind::Avg:
      return !plan.scalar();
    case MapKind::Plain:
      return !plan.scalar() && plan.value.is(TypeKind::Int);
    default:
      return false;
  }
}

double as_double(uint64_t word, bool is_signed) {
  return is_signed ? static_cast<double>(static_cast<int64_t>(word)) : static_cast<double>(word);
}

}  // namespace

const char* order_name(WatchOrder order) {
  switch (order) {
    case WatchOrder::Value:
      return "value";
    case WatchOrder::Rate:
      return "rate";
    case WatchOrder::Key:
      return "key";
  }
  return "";
}

std::vector<WatchFrames::Row> WatchFrames::rows_of(const MapPlan& plan, uint32_t map, const MapTable& table,
                                                   double seconds) {
  const ValueContext context{script_.plan(), symbols_};
  const bool is_signed = plan.kind == MapKind::Plain ? plan.value.is_signed : shows_signed(plan);
  std::vector<Row> rows;
  for (size_t i = table.size(); i-- > 0;) {
    const MapEntry entry = table.entry(i);
    const uint64_t word =
        plan.kind == MapKind::Plain ? load_integer(plan.value, entry.plain) : shown_number(plan, entry, 1);
    Row row;
    append_value_text(row.key, plan.key, entry.key, context, true);
    row.value = is_signed ? std::to_string(static_cast<int64_t>(word)) : std::to_string(word);
    row.number = as_double(word, is_signed);
    const auto before = before_.find({map, row.key});
    if (seconds > 0) row.rate = (row.number - (before == before_.end() ? 0 : before->second)) / seconds;
    rows.push_back(std::move(row));
  }
  return rows;
}

void WatchFrames::add_table(const MapPlan& plan, std::vector<Row> rows, WatchOrder order,
                            std::vector<std::string>& lines) {
  // What is equal stays in the order of the map.
  std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) {
    if (order == WatchOrder::Key) return a.key < b.key;
    return order == WatchOrder::Rate ? a.rate > b.rate : a.number > b.number;
  });
  lines.push_back(fmt::format("{} ({} by {}), {} keys", plan.name, to_string(plan.value), to_string(plan.key),
                              rows.size()));
  lines.push_back(fmt::format("{:>16} {:>14}  {}", "VALUE", "PER SECOND", "KEY"));
  for (const Row& row : rows)
    lines.push_back(fmt::format("{:>16} {:>14.1f}  {}", row.value, row.rate, row.key));
}

Result<std::vector<std::string>> WatchFrames::next(WatchOrder order) {
  const Clock::time_point now = Clock::now();
  const double seconds = last_ ? std::chrono::duration<double>(now - *last_).count() : 0;
  std::map<std::pair<uint32_t, std::string>, double> numbers;
  std::vector<std::string> lines;
  for (uint32_t map = 0; map < script_.plan().maps.size(); ++map) {
    const MapPlan& plan = script_.plan().maps[map];
    auto table = MapTable::read(plan, script_.session(), map, false);
    if (!table) return std::unexpected(table.error());
    table->order(kMostRows);
    if (!lines.empty()) lines.emplace_back();
    if (has_numbers(plan)) {
      std::vector<Row> rows = rows_of(plan, map, *table, seconds);
      for (const Row& row : rows) numbers[{map, row.key}] = row.number;
      add_table(plan, std::move(rows), order, lines);
      continue;
    }
    const ValueContext context{script_.plan(), symbols_};
    std::string text;
    write_map_text([&](std::string_view piece) { text += piece; }, *table, 1, context);
    for (std::string_view line : split(text, '\n')) lines.emplace_back(line);
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
  }
  before_ = std::move(numbers);
  last_ = now;
  return lines;
}

}  // namespace tracer

#include "cli/interactive/watch_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

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

// A stack as a key has a line for each frame; a table has one for each key.
std::string in_one_line(std::string_view text) {
  std::string result;
  for (std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    if (!result.empty()) result += "; ";
    result += trim(line);
  }
  return result;
}

// Numbers by size, all else by letters.
bool key_before(const std::string& a, const std::string& b) {
  const auto is_number = [](const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
  };
  if (is_number(a) != is_number(b)) return is_number(a);
  return is_number(a) && a.size() != b.size() ? a.size() < b.size() : a < b;
}

struct Columns {
  size_t value = 16, rate = 14;
  std::string_view rate_name = "PER SECOND";
};

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
    if (row.key.find('\n') != row.key.npos) row.key = in_one_line(row.key);
    row.value = is_signed ? std::to_string(static_cast<int64_t>(word)) : std::to_string(word);
    row.number = as_double(word, is_signed);
    const auto before = before_.find({map, row.key});
    if (seconds > 0) row.rate = (row.number - (before == before_.end() ? 0 : before->second)) / seconds;
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<void> WatchFrames::read() {
  const Clock::time_point now = Clock::now();
  const double seconds = last_ ? std::chrono::duration<double>(now - *last_).count() : 0;
  std::map<std::pair<uint32_t, std::string>, double> numbers;
  pictures_.clear();
  for (uint32_t map = 0; map < script_.plan().maps.size(); ++map) {
    const MapPlan& plan = script_.plan().maps[map];
    auto table = MapTable::read(plan, script_.session(), map, false);
    if (!table) return std::unexpected(table.error());
    table->order(kMostRows);
    Picture& picture = pictures_.emplace_back(Picture{&plan, has_numbers(plan), {}, ""});
    if (picture.is_table) {
      picture.rows = rows_of(plan, map, *table, seconds);
      for (const Row& row : picture.rows) numbers[{map, row.key}] = row.number;
    } else {
      const ValueContext context{script_.plan(), symbols_};
      write_map_text([&](std::string_view piece) { picture.text += piece; }, *table, 1, context);
    }
  }
  before_ = std::move(numbers);
  last_ = now;
  return {};
}

void WatchFrames::add_table(const Picture& picture, WatchOrder order, size_t width,
                            std::vector<std::string>& lines) {
  constexpr size_t kNarrow = 60;
  std::vector<const Row*> rows;
  for (const Row& row : picture.rows) rows.push_back(&row);
  // What is equal stays in the order of the map.
  std::ranges::stable_sort(rows, [&](const Row* a, const Row* b) {
    if (order == WatchOrder::Key) return key_before(a->key, b->key);
    return order == WatchOrder::Rate ? a->rate > b->rate : a->number > b->number;
  });
  Columns columns = width < kNarrow ? Columns{5, 5, "/S"} : Columns{};
  for (const Row* row : rows) {
    columns.value = std::max(columns.value, row->value.size());
    columns.rate = std::max(columns.rate, fmt::formatted_size("{:.1f}", row->rate));
  }
  const MapPlan& plan = *picture.plan;
  lines.push_back(fmt::format("{} ({} by {}), {} keys", plan.name, to_string(plan.value), to_string(plan.key),
                              rows.size()));
  lines.push_back(
      fmt::format("{:>{}} {:>{}}  {}", "VALUE", columns.value, columns.rate_name, columns.rate, "KEY"));
  for (const Row* row : rows)
    lines.push_back(
        fmt::format("{:>{}} {:>{}.1f}  {}", row->value, columns.value, row->rate, columns.rate, row->key));
}

std::vector<std::string> WatchFrames::lines(WatchOrder order, size_t width) const {
  std::vector<std::string> lines;
  for (const Picture& picture : pictures_) {
    if (!lines.empty()) lines.emplace_back();
    if (picture.is_table) {
      add_table(picture, order, width, lines);
      continue;
    }
    for (std::string_view line : split(picture.text, '\n')) lines.emplace_back(line);
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
  }
  return lines;
}

}  // namespace tracer

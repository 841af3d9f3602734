#include "runtime/map_merge.h"

#include <algorithm>
#include <unordered_map>

#include "runtime/bytes.h"
#include "runtime/series.h"

namespace tracer {

namespace {

struct Merge {
  const MapPlan& plan;
  bool zeroed;
};

// Adds one CPU's value to an entry. `bucket` is the last word of the key for histograms.
using AddCpu = void (*)(const MapPlan& plan, Bytes value, uint32_t bucket, MapEntry& entry);
// Brings an entry into its final form when all CPUs are added.
using Finish = void (*)(const Merge& merge, MapEntry& entry);

void add_plain(const MapPlan& plan, Bytes value, uint32_t, MapEntry& entry) {
  if (!entry.plain.empty()) return;  // a plain value is one for all CPUs
  Bytes bytes = slice(value, 0, plan.value.size);
  entry.plain.assign(bytes.begin(), bytes.end());
}

void add_sum(const MapPlan&, Bytes value, uint32_t, MapEntry& entry) {
  entry.number += load_unsigned(value, 0, 8);
}

void add_largest(const MapPlan&, Bytes value, uint32_t, MapEntry& entry) {
  entry.number = std::max(entry.number, load_unsigned(value, 0, 8));
}

void add_average(const MapPlan&, Bytes value, uint32_t, MapEntry& entry) {
  entry.number += load_unsigned(value, 0, 8);
  entry.calls += load_unsigned(value, 8, 8);
}

void add_bucket(const MapPlan&, Bytes value, uint32_t bucket, MapEntry& entry) {
  uint64_t count = load_unsigned(value, 0, 8);
  entry.number += count;
  // Buckets of zero (after zero()) hold nothing that could be shown.
  if (count > 0) entry.buckets[bucket] += count;
}

// Values of one interval come together; of two intervals in one bucket the later one counts.
void add_interval(const MapPlan& plan, Bytes value, uint32_t bucket, MapEntry& entry) {
  SeriesValue one{load_unsigned(value, 16, 8), load_unsigned(value, 0, 8), load_unsigned(value, 8, 8)};
  if (one.meta > 0) combine_series(plan.series_aggregate, one, entry.intervals[bucket]);
}

void finish_series(const Merge& merge, MapEntry& entry) {
  for (const auto& [bucket, value] : entry.intervals)
    entry.series[value.epoch] = series_number(merge.plan, value);
  entry.intervals.clear();
}

void keep(const Merge&, MapEntry&) {}

// Min and Max are stored so that the larger word wins and 0 is the weakest.
void decode_extreme(const Merge& merge, MapEntry& entry) {
  if (entry.number == 0 && merge.zeroed) return;
  uint64_t bias = merge.plan.value.is_signed ? uint64_t{1} << 63 : 0;
  uint64_t word = merge.plan.kind == MapKind::Min ? ~entry.number : entry.number;
  entry.number = word ^ bias;
}

struct KindRow {
  AddCpu add;
  Finish finish;
};

const KindRow& row(MapKind kind) {
  // In the order of MapKind.
  static constexpr KindRow kRows[] = {
      {add_plain, keep},              // Plain
      {add_sum, keep},                // Count
      {add_sum, keep},                // Sum
      {add_largest, decode_extreme},  // Min
      {add_largest, decode_extreme},  // Max
      {add_average, keep},            // Avg
      {add_average, keep},            // Stats
      {add_bucket, keep},             // Hist
      {add_bucket, keep},             // LinearHist
      {add_interval, finish_series},  // TimeSeries
  };
  return kRows[static_cast<size_t>(kind)];
}

}  // namespace

uint64_t average(const MapEntry& entry, bool is_signed) {
  if (entry.calls == 0) return 0;
  if (!is_signed) return entry.number / entry.calls;
  // Calls never reach 2^63, and a total of -2^63 over one call is not -1.
  return static_cast<uint64_t>(static_cast<int64_t>(entry.number) / static_cast<int64_t>(entry.calls));
}

MapEntry zero_entry(const MapPlan& plan) {
  MapEntry entry;
  entry.plain.assign(plan.value.size, std::byte{0});
  return entry;
}

Result<std::vector<MapEntry>> read_map(const MapPlan& plan, Session& session, uint32_t index, bool zeroed) {
  std::vector<MapEntry> entries;
  std::unordered_map<std::string, size_t> places;  // histograms: entries of the same key, bucket left out
  const KindRow& kind = row(plan.kind);
  auto read = session.for_each(index, [&](Bytes key, std::span<const Bytes> values) {
    uint32_t bucket = 0;
    size_t place = entries.size();
    if (plan.bucketed() && key.size() >= 8) {
      bucket = static_cast<uint32_t>(load_unsigned(key, key.size() - 8, 8));
      key = key.first(key.size() - 8);
      place = places.try_emplace(std::string(as_text(key)), place).first->second;
    }
    if (place == entries.size()) entries.emplace_back().key.assign(key.begin(), key.end());
    for (Bytes value : values) kind.add(plan, value, bucket, entries[place]);
  });
  if (!read) return std::unexpected(read.error());
  for (MapEntry& entry : entries) kind.finish({plan, zeroed}, entry);
  if (plan.kind == MapKind::TimeSeries) drop_old_intervals(plan, entries);
  if (plan.bucketed()) {
    std::erase_if(entries,
                  [](const MapEntry& entry) { return entry.buckets.empty() && entry.series.empty(); });
  }
  return entries;
}

}  // namespace tracer

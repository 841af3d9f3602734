#include "runtime/map_merge.h"

#include <algorithm>
#include <cstring>

#include "runtime/bytes.h"
#include "runtime/series.h"

namespace tracer {

namespace {

// Brings one CPU's value to what others had. Words: see combined_size().
using Combine = void (*)(const MapPlan& plan, Bytes value, std::byte* all);
using Add = void (*)(const Merge& merge, Bytes combined, uint32_t bucket, MapEntry& entry);

uint64_t word(const std::byte* words, size_t index = 0) {
  uint64_t value;
  std::memcpy(&value, words + index * sizeof value, sizeof value);
  return value;
}

void set_word(std::byte* words, size_t index, uint64_t value) {
  std::memcpy(words + index * sizeof value, &value, sizeof value);
}

// A plain value is one for all CPUs.
void combine_plain(const MapPlan& plan, Bytes value, std::byte* all) {
  const Bytes bytes = slice(value, 0, plan.value.size);
  std::copy(bytes.begin(), bytes.end(), all);
}

void combine_sum(const MapPlan&, Bytes value, std::byte* all) {
  set_word(all, 0, word(all) + load_unsigned(value, 0, 8));
}

void combine_largest(const MapPlan&, Bytes value, std::byte* all) {
  set_word(all, 0, std::max(word(all), load_unsigned(value, 0, 8)));
}

void combine_average(const MapPlan& plan, Bytes value, std::byte* all) {
  combine_sum(plan, value, all);
  set_word(all, 1, word(all, 1) + load_unsigned(value, 8, 8));
}

// Values of one interval come together; of two intervals in one bucket the later one counts.
void combine_interval(const MapPlan& plan, Bytes value, std::byte* all) {
  const SeriesValue one = series_value(value);
  if (one.meta == 0) return;
  SeriesValue both{word(all, 2), word(all, 0), word(all, 1)};
  combine_series(plan.series_aggregate, one, both);
  set_word(all, 0, both.word);
  set_word(all, 1, both.meta);
  set_word(all, 2, both.epoch);
}

void add_plain(const Merge&, Bytes combined, uint32_t, MapEntry& entry) {
  entry.plain.assign(combined.begin(), combined.end());
}

void add_number(const Merge&, Bytes combined, uint32_t, MapEntry& entry) {
  entry.number = load_unsigned(combined, 0, 8);
}

// Stored so that the larger word wins and 0 is the weakest.
void add_extreme(const Merge& merge, Bytes combined, uint32_t, MapEntry& entry) {
  entry.number = load_unsigned(combined, 0, 8);
  if (entry.number == 0 && merge.zeroed) return;
  const uint64_t bias = merge.plan.value.is_signed ? uint64_t{1} << 63 : 0;
  const uint64_t word = merge.plan.kind == MapKind::Min ? ~entry.number : entry.number;
  entry.number = word ^ bias;
}

void add_average(const Merge&, Bytes combined, uint32_t, MapEntry& entry) {
  entry.number = load_unsigned(combined, 0, 8);
  entry.calls = load_unsigned(combined, 8, 8);
}

void add_bucket(const Merge&, Bytes combined, uint32_t bucket, MapEntry& entry) {
  const uint64_t count = load_unsigned(combined, 0, 8);
  entry.number += count;
  // Buckets of zero (after zero()) hold nothing that could be shown.
  if (count > 0) entry.buckets[bucket] += count;
}

void add_interval(const Merge& merge, Bytes combined, uint32_t, MapEntry& entry) {
  const SeriesValue value = series_value(combined);
  if (value.meta > 0) entry.series[value.epoch] = series_number(merge.plan, value);
}

struct KindRow {
  size_t words;  // of the combined value; 0: as many bytes as the plain value has
  Combine combine;
  Add add;
};

const KindRow& row(MapKind kind) {
  // In the order of MapKind.
  static constexpr KindRow kRows[] = {
      {0, combine_plain, add_plain},        // Plain
      {1, combine_sum, add_number},         // Count
      {1, combine_sum, add_number},         // Sum
      {1, combine_largest, add_extreme},    // Min
      {1, combine_largest, add_extreme},    // Max
      {2, combine_average, add_average},    // Avg
      {2, combine_average, add_average},    // Stats
      {1, combine_sum, add_bucket},         // Hist
      {1, combine_sum, add_bucket},         // LinearHist
      {3, combine_interval, add_interval},  // TimeSeries
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

SeriesValue series_value(Bytes combined) {
  return {load_unsigned(combined, 16, 8), load_unsigned(combined, 0, 8), load_unsigned(combined, 8, 8)};
}

size_t combined_size(const MapPlan& plan) {
  const size_t words = row(plan.kind).words;
  return words > 0 ? words * sizeof(uint64_t) : plan.value.size;
}

void combine(const MapPlan& plan, std::span<const Bytes> values, std::byte* combined) {
  const KindRow& kind = row(plan.kind);
  if (plan.kind == MapKind::Plain && values.size() > 1) values = values.first(1);
  for (Bytes value : values) kind.combine(plan, value, combined);
}

void add_combined(const Merge& merge, Bytes combined, uint32_t bucket, MapEntry& entry) {
  row(merge.plan.kind).add(merge, combined, bucket, entry);
}

}  // namespace tracer

// One entry of a map, what the CPUs kept combined (layouts: MapKind in plan/plan.h).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "plan/plan.h"
#include "runtime/session.h"

namespace tracer {

// What a bucket of a time series holds (MapKind in plan/plan.h).
struct SeriesValue {
  uint64_t epoch = 0, word = 0, meta = 0;
};

// An entry, taken apart to be shown.
struct MapEntry {
  std::vector<std::byte> key;    // as the language sees it, without the bucket word; empty: scalar
  std::vector<std::byte> plain;  // Plain: the value's bytes
  uint64_t number = 0;  // Count Sum Min Max: the result; Avg, Stats: the total; histograms: all calls
  uint64_t calls = 0;   // Avg, Stats
  std::map<uint32_t, uint64_t> buckets;  // Hist, LinearHist: counts by index
  std::map<uint64_t, uint64_t> series;   // TimeSeries: values by epoch; those that are shown
  uint64_t newest_epoch = 0;             // of all keys
};

// total / calls, rounded toward zero; 0 without calls.
uint64_t average(const MapEntry& entry, bool is_signed);

// Combined values are laid out as one CPU's value is, without its written word.
size_t combined_size(const MapPlan& plan);
// `values`: each CPU's; `combined`: zeros.
void combine(const MapPlan& plan, std::span<const Bytes> values, std::byte* combined);
SeriesValue series_value(Bytes combined);

// Adds one combined value to an entry: its only one, or one of its buckets. `zeroed`: see MapTable.
struct Merge {
  const MapPlan& plan;
  bool zeroed;
};
void add_combined(const Merge& merge, Bytes combined, uint32_t bucket, MapEntry& entry);

}  // namespace tracer

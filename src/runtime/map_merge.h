// Reads a map and combines what the CPUs kept (layouts: MapKind in plan/plan.h).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "plan/plan.h"
#include "runtime/session.h"

namespace tracer {

// What a bucket of a time series holds (MapKind in plan/plan.h).
struct SeriesValue {
  uint64_t epoch = 0, word = 0, meta = 0;
};

// One entry, combined over CPUs.
struct MapEntry {
  std::vector<std::byte> key;    // as the language sees it, without the bucket word; empty: scalar
  std::vector<std::byte> plain;  // Plain: the value's bytes
  uint64_t number = 0;  // Count Sum Min Max: the result; Avg, Stats: the total; histograms: all calls
  uint64_t calls = 0;   // Avg, Stats
  std::map<uint32_t, uint64_t> buckets;       // Hist, LinearHist: counts by index
  std::map<uint64_t, uint64_t> series;        // TimeSeries: values by epoch; those that are shown
  uint64_t newest_epoch = 0;                  // of all keys
  std::map<uint32_t, SeriesValue> intervals;  // TimeSeries, while it is read: by bucket
};

// total / calls, rounded toward zero; 0 without calls.
uint64_t average(const MapEntry& entry, bool is_signed);

// All entries, in the order in which the session gives them. `zeroed`: the map was once set to zero by
// user space; a minimum or maximum that holds no value then reads as 0.
Result<std::vector<MapEntry>> read_map(const MapPlan& plan, Session& session, uint32_t index, bool zeroed);

// What a scalar map that was never written shows.
MapEntry zero_entry(const MapPlan& plan);

}  // namespace tracer

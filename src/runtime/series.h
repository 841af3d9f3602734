// Time series: how buckets come together, and the graph (LANGUAGE 5.6, 5.8).
#pragma once

#include <string>
#include <vector>

#include "runtime/map_merge.h"

namespace tracer {

// Adds what one CPU holds for a bucket to what others hold.
void combine_series(SeriesAggregate aggregate, const SeriesValue& one, SeriesValue& all);

// The number that a bucket shows.
uint64_t series_number(const MapPlan& plan, const SeriesValue& value);

// The first of the last `series_length` intervals, up to the newest of all keys.
uint64_t oldest_epoch(const MapPlan& plan, uint64_t newest);

// The graph, one line for each interval from the first that has a value.
void append_series(std::string& out, const MapPlan& plan, const MapEntry& entry);

// `[{"interval_start":"2026-01-31T10:00:05.900000000","value":9}]`; intervals without a value are left out.
void append_series_json(std::string& out, const MapPlan& plan, const MapEntry& entry);

}  // namespace tracer

// A whole map as text or JSON.
#pragma once

#include <string>
#include <vector>

#include "runtime/map_merge.h"
#include "runtime/values.h"

namespace tracer {

// Text: one line a key, histograms several (LANGUAGE 5.8). `entries` are in printing order. `div`
// divides what it applies to; 0 and 1 change nothing.
void append_map_text(std::string& out, const MapPlan& plan, const std::vector<MapEntry>& entries,
                     uint64_t div, const ValueContext& context);

// JSON: one line for all keys (LANGUAGE 11.6); nothing without entries.
void append_map_json(std::string& out, const MapPlan& plan, const std::vector<MapEntry>& entries,
                     uint64_t div, const ValueContext& context);

}  // namespace tracer

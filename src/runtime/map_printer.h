// A whole map as text or JSON.
#pragma once

#include <functional>
#include <string_view>

#include "runtime/map_table.h"
#include "runtime/values.h"

namespace tracer {

// Where the text goes, a piece at a time: the text of a map may be larger than the map.
using WriteText = std::function<void(std::string_view)>;

// Text: one line a key, histograms several (LANGUAGE 5.8). `table` is in printing order. `div` divides what
// it applies to; 0 and 1 change nothing.
void write_map_text(const WriteText& write, const MapTable& table, uint64_t div, const ValueContext& context);

// JSON: one line for all keys (LANGUAGE 11.6); nothing without entries.
void write_map_json(const WriteText& write, const MapTable& table, uint64_t div, const ValueContext& context);

}  // namespace tracer

#pragma once

#include <vector>

#include "runtime/map_merge.h"

namespace tracer {

// Sorts as LANGUAGE 5.8 says: by value where the kind has an order, equal values and other kinds by
// key. Then keeps the last `top` entries (0: all).
void order_entries(const MapPlan& plan, uint64_t top, std::vector<MapEntry>& entries);

// Order of two keys: integers numerically as signed, strings by their bytes, tuples element by element,
// others by their bytes. Negative, 0 or positive.
int compare_keys(const Type& type, Bytes a, Bytes b);

}  // namespace tracer

#pragma once

#include "plan/type.h"
#include "runtime/session.h"

namespace tracer {

// Order of two words. Negative, 0 or positive, as all here.
int compare_numbers(uint64_t a, uint64_t b, bool is_signed);

// Order of two keys: integers numerically as signed, strings by their bytes, tuples element by element,
// others by their bytes.
int compare_keys(const Type& type, Bytes a, Bytes b);

}  // namespace tracer

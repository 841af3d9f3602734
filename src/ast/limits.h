// Limits of builtins that the passes check and codegen relies on.
#pragma once

#include <cstdint>

namespace tracer::ast {

constexpr uint32_t kMostCompared = 4096;         // bytes that memcmp() reads through a pointer
constexpr uint32_t kMostPacketBytes = 65535;     // bytes of a packet that skboutput() takes
constexpr uint64_t kMostIntervals = 1'000'000;   // of a time series
constexpr uint64_t kMostWalkedIntervals = 1000;  // has_key() and delete() look at each

}  // namespace tracer::ast

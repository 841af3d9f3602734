// The events that `software` and `hardware` probes name (LANGUAGE 7.9): one table for attach points, listing
// and attaching.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "plan/plan.h"

namespace tracer {

struct PerfEventName {
  const char* name;
  const char* alias;  // empty: none
  uint64_t config;    // of perf_event_attr
  uint64_t default_count;
};

// Of Provider::Software or Provider::Hardware, by name.
std::span<const PerfEventName> perf_event_names(Provider provider);
// By name or alias; null when unknown.
const PerfEventName* find_perf_event(Provider provider, std::string_view name);

}  // namespace tracer

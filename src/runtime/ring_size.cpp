#include "runtime/ring_size.h"

#include <unistd.h>

#include <algorithm>
#include <bit>

namespace tracer {

namespace {

constexpr uint64_t kLeast = 256 * 1024;
constexpr uint64_t kMost = 16 * 1024 * 1024;
// The kernel allocates every page of a ring when it is made, which costs start-up time: a small part of
// the free memory is enough.
constexpr uint64_t kShareOfFreeMemory = 4096;
// Largest ring whose size still fits the uint32 of a map's max_entries.
constexpr uint64_t kLargest = 1u << 31;
// Of the largest kind: what does not fit the ring would never arrive.
constexpr uint64_t kRecordsAtLeast = 4;

}  // namespace

uint32_t data_ring_bytes(uint32_t perf_rb_pages, uint64_t free_bytes, uint32_t page_size, uint32_t cpus) {
  uint64_t least = uint64_t{page_size} * std::max(cpus, 1u);
  uint64_t wanted = perf_rb_pages == 0 ? std::clamp(free_bytes / kShareOfFreeMemory, kLeast, kMost)
                                       : std::max(uint64_t{perf_rb_pages} * page_size, least);
  // By memory: down, so that the limit above holds; by wish: up, so that the wish is met.
  uint64_t size = perf_rb_pages == 0 ? std::bit_floor(wanted) : std::bit_ceil(wanted);
  return static_cast<uint32_t>(std::min(size, kLargest));
}

uint32_t data_ring_bytes(const Plan& plan) {
  long pages = sysconf(_SC_AVPHYS_PAGES);
  long page_size = sysconf(_SC_PAGESIZE);
  long cpus = sysconf(_SC_NPROCESSORS_CONF);
  const uint32_t bytes = data_ring_bytes(plan.config.perf_rb_pages,
                                         static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_size),
                                         static_cast<uint32_t>(page_size), static_cast<uint32_t>(cpus));
  uint64_t largest = 0;
  for (const EventPlan& event : plan.events)
    if (event.counted_as_data()) largest = std::max<uint64_t>(largest, event.size);
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(std::bit_ceil(kRecordsAtLeast * largest), bytes, kLargest));
}

}  // namespace tracer

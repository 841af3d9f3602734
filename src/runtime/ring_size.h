#pragma once

#include <cstdint>

#include "plan/plan.h"

namespace tracer {

// Bytes of the data ring: `perf_rb_pages` pages rounded up to a power of two, at least one for
// each of `cpus`; 0 pages: by `free_bytes` of memory, from 256 KiB to 16 MiB (LANGUAGE 9.1).
uint32_t data_ring_bytes(uint32_t perf_rb_pages, uint64_t free_bytes, uint32_t page_size, uint32_t cpus);
// The same for this machine, and large enough for the largest records of the plan.
uint32_t data_ring_bytes(const Plan& plan);

}  // namespace tracer

// Hits of probes that reached no program, as far as the kernel counts them. Linux before 6.7 counts the
// nested ones for fentry, fexit and raw tracepoints only, and does not tell what links missed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "probes/attach.h"

namespace tracer {

struct MissedEvents {
  uint64_t nested = 0;      // the CPU was running a program already
  uint64_t unfollowed = 0;  // returns of more calls at once than the kernel follows; a probe within a probe
  // What is attached for this entry is attached for its return, too, and the kernel counts both as one.
  bool with_returns = false;
};

// Before `links` are destroyed: adds what they missed, and says what the programs (-1: none) missed in all
// their life. `missed` gets one element for each program.
void count_missed(std::span<const int> programs, std::span<const BpfLink> links,
                  std::vector<MissedEvents>& missed);

}  // namespace tracer

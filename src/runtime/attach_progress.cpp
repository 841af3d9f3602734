#include "runtime/attach_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace tracer {

namespace {

constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kStep = std::chrono::milliseconds(200);
constexpr const char* kToLineStart = "\r\033[K";

}  // namespace

AttachProgressLine::AttachProgressLine(const Plan& plan)
    : terminal_(isatty(STDERR_FILENO) == 1), next_(Clock::now() + kPatience) {
  for (const ProbePlan& probe : plan.probes)
    if (probe.provider > Provider::Bench) wanted_ += std::max<size_t>(probe.targets.size(), 1);
}

AttachProgressLine::~AttachProgressLine() {
  if (shown_) fmt::print(stderr, "{}", kToLineStart);
}

void AttachProgressLine::show(size_t attached) {
  if (!terminal_ || attached >= wanted_ || Clock::now() < next_) return;
  next_ = Clock::now() + kStep;
  shown_ = true;
  fmt::print(stderr, "{}Attaching: {} of {} probes (Ctrl-C to stop)", kToLineStart, attached, wanted_);
  std::fflush(stderr);
}

}  // namespace tracer

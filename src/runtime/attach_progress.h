// How far attaching has come, for a terminal: only when it takes long.
#pragma once

#include <chrono>
#include <cstddef>

#include "plan/plan.h"

namespace tracer {

class AttachProgressLine {
 public:
  // Shows nothing where standard error is no terminal.
  explicit AttachProgressLine(const Plan& plan);
  ~AttachProgressLine();
  AttachProgressLine(const AttachProgressLine&) = delete;

  void show(size_t attached);

 private:
  using Clock = std::chrono::steady_clock;
  size_t wanted_ = 0;
  bool terminal_ = false;
  bool shown_ = false;
  Clock::time_point next_;
};

}  // namespace tracer

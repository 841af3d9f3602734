#pragma once

#include <signal.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tracer {

// Takes SIGINT, SIGTERM and SIGUSR1 as readable events while it lives, and ignores SIGPIPE; what was
// before comes back afterwards.
class SignalWatch {
 public:
  static Result<SignalWatch> start();
  SignalWatch(SignalWatch&& other) noexcept;
  ~SignalWatch();

  int fd() const { return fd_.get(); }
  // Takes what has arrived; never waits.
  struct Arrived {
    bool end = false;        // SIGINT or SIGTERM
    bool terminate = false;  // SIGTERM
    bool user = false;       // SIGUSR1
  };
  Arrived take();

 private:
  SignalWatch() = default;
  UniqueFd fd_;
  sigset_t mask_before_{};
  struct sigaction pipe_before_ {};
};

// Signal handling as programs expect it at their start: for a child between fork and exec.
void reset_signals();

}  // namespace tracer

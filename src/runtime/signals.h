#pragma once

#include <signal.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tracer {

// Takes SIGINT, SIGTERM and SIGUSR1 as readable events while it lives, and ignores SIGPIPE and SIGXFSZ; what
// was before comes back afterwards.
class SignalWatch {
 public:
  // `hangup`: a terminal that goes away (SIGHUP) counts as SIGTERM, unless the signal is ignored, as nohup
  // does.
  static Result<SignalWatch> start(bool hangup = false);
  SignalWatch(SignalWatch&& other) noexcept;
  ~SignalWatch();

  int fd() const { return fd_.get(); }
  // Takes what has arrived; never waits.
  struct Arrived {
    bool end = false;        // SIGINT, SIGTERM, SIGHUP
    bool terminate = false;  // SIGTERM, SIGHUP
    bool user = false;       // SIGUSR1
  };
  Arrived take();

 private:
  SignalWatch() = default;
  UniqueFd fd_;
  sigset_t mask_before_{};
  struct sigaction pipe_before_ {};
  struct sigaction file_size_before_ {};
};

// SIGCHLD as a readable event while it lives; what was before comes back afterwards.
class ChildSignals {
 public:
  static Result<ChildSignals> start();
  ChildSignals(ChildSignals&& other) noexcept;
  ~ChildSignals();

  int fd() const { return fd_.get(); }
  void take();

 private:
  ChildSignals() = default;
  UniqueFd fd_;
  sigset_t mask_before_{};
};

// Signal handling as programs expect it at their start: for a child between fork and exec.
void reset_signals();
// Who starts us may ignore SIGCHLD; then the system forgets how children end.
void expect_children();

}  // namespace tracer

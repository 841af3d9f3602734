// Follows a child from its exec to the first instruction of the program itself. Whenever the dynamic linker
// has mapped code, it is stopped until what must be known of that code is known.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "base/result.h"
#include "runtime/signals.h"

namespace tracer {

class ChildStart {
 public:
  // For a child that waits before its exec. Null where the system does not let us stop processes.
  static std::unique_ptr<ChildStart> hold(pid_t child);
  // Lets it go on from wherever it is.
  ~ChildStart();

  // Readable when step() has something to do.
  int fd() const { return signals_.fd(); }
  // Handles what the child did since; `mapped` is called while it is stopped, having mapped code.
  Result<void> step(const std::function<Result<void>()>& mapped);
  // The program itself runs, and nothing of this is left.
  bool over() const { return over_; }

 private:
  struct Stop {
    int signal = 0, event = 0;
  };
  ChildStart(pid_t child, ChildSignals signals) : child_(child), signals_(std::move(signals)) {}
  bool next_stop(Stop& stop) const;
  Result<void> handle(const Stop& stop, const std::function<Result<void>()>& mapped);
  bool stop_at_entry();
  bool has_mapped_code();
  void go_on(int signal);
  void let_go(int signal);

  pid_t child_;
  ChildSignals signals_;
  bool executed_ = false;
  bool maps_code_ = false;  // the system call that it is in
  bool over_ = false;
};

}  // namespace tracer

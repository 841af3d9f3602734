// Where `:snap FUNCTION` looks, and what is known there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tracer {

class Shell;

struct SnapPlace {
  struct Argument {
    std::string type, name;
    std::string value;  // expression
  };
  std::string entry, exit;  // attach points; no exit: it is an event
  std::vector<Argument> arguments;
  std::string result;            // expression; empty: none
  bool result_is_error = false;  // when it is negative, as system calls have it
};

// `vfs_read`, `openat`, `tracepoint:sched:sched_switch`, `/bin/bash:readline`.
Result<SnapPlace> find_snap_place(Shell& shell, std::string_view what);

}  // namespace tracer

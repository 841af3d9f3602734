// The phases of a run (LANGUAGE 12.1) and the event loop.
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "runtime/child.h"
#include "runtime/output.h"
#include "runtime/session.h"

namespace tracer {

struct RunOptions {
  ChildProcess* child = nullptr;  // -c: released after attaching; borrowed
  int32_t target_pid = 0;         // -p: the run ends when it is gone
  bool also_k_warnings = false;   // -k
  bool warnings = true;           // --no-warnings clears it
  bool dry_run = false;
  bool keep_privileges = false;  // others will be needed: more is going to be loaded
  Symbols* symbols = nullptr;    // is told of processes while they live; borrowed
  RunMode mode = RunMode::Trace;
};

// Runs a loaded session to its end. Handles SIGINT, SIGTERM, SIGUSR1, SIGCHLD, the child, the target
// process, exit(), losses, maps at exit. Gives the exit status of LANGUAGE 10.2.
Result<int> run(Session& session, const Plan& plan, Output& output, const RunOptions& options);

}  // namespace tracer

// A compiled script, run from loading to its exit status: what the command and stand-alone programs share.
#pragma once

#include <memory>
#include <string>

#include "plan/plan.h"
#include "runtime/output.h"
#include "runtime/run.h"
#include "runtime/session.h"

namespace tracer {

// LANGUAGE 10.2.
constexpr int kScriptError = 1;
constexpr int kUsageError = 2;
constexpr int kLoadError = 255;

// `ERROR:` and `HINT:`, each on a line.
std::string error_text(const Error& error);
// Writes the error to stderr; gives `status`.
int complain(const Error& error, int status);

struct LaunchOptions {
  KernelSessionOptions session;
  OutputOptions output;
  RunOptions run;
  bool child_status = false;  // the child's exit status becomes that of the run
};

// `session`: null for one in the kernel, made of `artifact`. Complains on stderr; gives the exit status.
int launch(const Plan& plan, const std::string& artifact, std::unique_ptr<Session> session,
           const LaunchOptions& options, KernelInfo& kernel);

}  // namespace tracer

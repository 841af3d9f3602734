#include "runtime/launch.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>

#include "base/colour.h"
#include "runtime/privileges.h"
#include "runtime/saved_object.h"
#include "runtime/symbols.h"

namespace tracer {
namespace {

int child_status(ChildProcess& child) {
  int status = 0;
  if (!child.finished(&status)) return 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// What stands in the way of a run when the script has no probe for it, in a sentence; else empty.
std::string nothing_to_run(const Plan& plan, RunMode mode) {
  auto has = [&](auto... providers) {
    return std::ranges::any_of(
        plan.probes, [=](const ProbePlan& probe) { return ((probe.provider == providers) || ...); });
  };
  if (mode == RunMode::Test && !has(Provider::Test))
    return "No test probes in the script; write one: `test:name { ... }`.";
  if (mode == RunMode::Bench && !has(Provider::Bench))
    return "No benchmark probes in the script; write one: `bench:name { ... }`.";
  bool others = std::ranges::any_of(plan.probes, [](const ProbePlan& probe) {
    return probe.provider != Provider::Test && probe.provider != Provider::Bench;
  });
  if (mode != RunMode::Trace || others) return "";
  if (has(Provider::Test)) return "No probes attached; use --test to run test probes.";
  if (has(Provider::Bench)) return "No probes attached; use --bench to run benchmark probes.";
  return "No probes to attach";
}

}  // namespace

std::string error_text(const Error& error) {
  std::string text = fmt::format("ERROR: {}\n", error.text);
  if (!error.hint.empty()) text += fmt::format("HINT: {}\n", error.hint);
  return text;
}

int complain(const Error& error, int status) {
  fputs(coloured_message(error_text(error)).c_str(), stderr);
  return status;
}

int launch(const Plan& plan, const std::string& artifact, std::unique_ptr<Session> session,
           const LaunchOptions& options, KernelInfo& kernel) {
  if (std::string why = nothing_to_run(plan, options.run.mode); !why.empty()) {
    if (!options.output.quiet) puts(why.c_str());
    return kScriptError;
  }
  if (!session) {
    if (auto allowed = check_privileges(plan, current_privileges()); !allowed)
      return complain(allowed.error(), kScriptError);
    if (auto fits = check_needs(plan, kernel); !fits) return complain(fits.error(), kLoadError);
    auto made = make_kernel_session(artifact, plan, options.session, kernel);
    if (!made) return complain(made.error(), kLoadError);
    session = std::move(*made);
  }

  Symbols symbols;
  auto output = make_output(options.output, plan, symbols);
  if (!output) return complain(output.error(), kScriptError);
  if (session->runs_in_processes())
    if (const std::string why = why_kernel_code_has_no_names(plan); !why.empty()) (*output)->warning(why);
  if (auto loaded = session->load(); !loaded) return complain(loaded.error(), kLoadError);

  RunOptions how = options.run;
  how.symbols = &symbols;
  auto status = run(*session, plan, **output, how);
  if (!status) return complain(status.error(), how.child && how.child->refused() ? kScriptError : kLoadError);
  if (*status == 0 && how.child && options.child_status) return child_status(*how.child);
  return *status;
}

}  // namespace tracer

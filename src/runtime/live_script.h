// A script that runs beside others in one process: a session of its own, and what its records mean. An
// interactive session is made of these.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "runtime/event_handler.h"
#include "runtime/loss_reporter.h"
#include "runtime/output.h"
#include "runtime/session.h"

namespace tracer {

class UserSymbols;

class LiveScript {
 public:
  using MakeSession = std::function<Result<std::unique_ptr<Session>>(const Plan&)>;
  struct Options {
    OutputOptions output;
    bool also_k_warnings = false;  // -k
    Symbols* symbols = nullptr;    // borrowed
  };

  // Loads the script; nothing of it has run then.
  static Result<std::unique_ptr<LiveScript>> load(Plan plan, const MakeSession& make_session,
                                                  const Options& options);

  // Runs the clauses of a provider that user space triggers.
  Result<void> run(Provider provider) { return session_->run(provider); }
  // Attaches the others; may be called again after stop().
  Result<AttachSummary> attach(const AttachProgress& progress) { return session_->attach(progress); }
  // Detaches, and shows what was sent until then.
  Result<void> stop();
  // Shows what has arrived, and now and then what was lost. False: nothing was there.
  Result<bool> deliver();
  // Until nothing is left; losses too.
  Result<void> deliver_all();

  // What is attached will send nothing more, or an exit() asked for the end.
  bool finished() const { return session_->finished() || events_->exit_status().has_value(); }
  std::optional<int> exit_status() const { return events_->exit_status(); }
  // As print(@m) shows it, and scalar maps that were never written not at all.
  void print_map(uint32_t map) { events_->print_map({map, 0, 1, true}); }

  const Plan& plan() const { return plan_; }
  Session& session() { return *session_; }
  uint64_t lost() const { return losses_->total_lost(); }

 private:
  explicit LiveScript(Plan plan) : plan_(std::move(plan)) {}
  Result<void> report_losses();

  const Plan plan_;  // the others refer to it
  std::unique_ptr<Session> session_;
  std::unique_ptr<Output> output_;
  std::optional<EventHandler> events_;
  std::optional<LossReporter> losses_;
  UserSymbols* user_code_ = nullptr;  // when the script names it
  std::chrono::steady_clock::time_point last_report_;
};

}  // namespace tracer

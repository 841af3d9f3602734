#include "runtime/live_script.h"

#include "runtime/symbols.h"
#include "runtime/user_symbols.h"

namespace tracer {

using Clock = std::chrono::steady_clock;
constexpr auto kLossInterval = std::chrono::seconds(1);

Result<std::unique_ptr<LiveScript>> LiveScript::load(Plan plan, const MakeSession& make_session,
                                                     const Options& options) {
  std::unique_ptr<LiveScript> script(new LiveScript(std::move(plan)));
  auto session = make_session(script->plan_);
  if (!session) return std::unexpected(session.error());
  script->session_ = std::move(*session);
  if (auto loaded = script->session_->load(); !loaded) return std::unexpected(loaded.error());

  auto output = make_output(options.output, script->plan_, *options.symbols);
  if (!output) return std::unexpected(output.error());
  script->output_ = std::move(*output);
  script->events_.emplace(*script->session_, script->plan_, *script->output_);
  script->events_->remember_in(options.symbols);
  options.symbols->configure(script->plan_.config);
  if (names_user_code(script->plan_) && script->session_->runs_in_processes()) {
    // Without it processes are looked at when they are seen.
    (void)options.symbols->user().follow();
    script->user_code_ = &options.symbols->user();
  }
  script->losses_.emplace(script->plan_, *script->output_, options.also_k_warnings);
  script->last_report_ = Clock::now();
  return script;
}

Result<bool> LiveScript::deliver() {
  if (user_code_) user_code_->look();
  bool any = false;
  auto polled = session_->poll(0, [&](Bytes record) {
    any = true;
    events_->handle(record);
    return !events_->exit_status();
  });
  if (!polled) return std::unexpected(polled.error());
  if (events_->failure()) return std::unexpected(*events_->failure());
  if (Clock::now() - last_report_ >= kLossInterval) {
    session_->follow_cpus();
    if (auto reported = report_losses(); !reported) return std::unexpected(reported.error());
  }
  output_->flush();
  return any;
}

Result<void> LiveScript::report_losses() {
  last_report_ = Clock::now();
  return losses_->report(*session_);
}

Result<void> LiveScript::deliver_all() {
  for (;;) {
    auto any = deliver();
    if (!any) return std::unexpected(any.error());
    if (!*any || events_->exit_status()) break;
  }
  auto reported = report_losses();
  output_->flush();
  return reported;
}

Result<void> LiveScript::stop() {
  session_->detach();
  return deliver_all();
}

}  // namespace tracer

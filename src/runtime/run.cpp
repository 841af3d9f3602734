#include "runtime/run.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>

#include "runtime/attach_progress.h"
#include "runtime/event_handler.h"
#include "runtime/loss_reporter.h"
#include "runtime/privileges.h"
#include "runtime/service_notice.h"
#include "runtime/signals.h"
#include "runtime/symbols.h"
#include "runtime/test_runner.h"
#include "runtime/user_symbols.h"

namespace tracer {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMs = 100;  // most that output may come late
constexpr int kRestMs = 1;    // between two looks at a flood of records
constexpr auto kLossInterval = std::chrono::seconds(1);

// begin, end, self, test and bench clauses are triggered by user space; the others are attached.
bool is_attached(Provider provider) { return provider > Provider::Bench; }

bool is_test(Provider provider) { return provider == Provider::Test || provider == Provider::Bench; }

class Run {
 public:
  Run(Session& session, const Plan& plan, Output& output, const RunOptions& options, SignalWatch signals,
      UniqueFd target)
      : session_(session),
        plan_(plan),
        output_(output),
        options_(options),
        signals_(std::move(signals)),
        target_(std::move(target)),
        events_(session, plan, output),
        losses_(plan, output, options.also_k_warnings) {
    events_.remember_in(options.symbols);
    output_.wait_with([this](int fd) { return wait_to_write(fd); });
    if (options.symbols) options.symbols->configure(plan.config);
  }

  ~Run() {
    if (user_code_) user_code_->tell({});
    output_.wait_with({});
  }

  Result<int> execute();

 private:
  enum class Why : uint8_t { None, Exit, Signal, ProcessEnded, NothingToWaitFor, ReaderGone };

  // Phases of LANGUAGE 12.1, in order.
  Result<void> attach();
  Result<void> run_tests();
  Result<void> process_events();
  Result<void> drop_rest();
  Result<void> end();
  Result<int> finish();

  Result<void> wait();
  bool wait_to_write(int fd);
  Result<size_t> deliver();
  Result<void> deliver_all();
  bool interrupted();
  Result<void> notice_signals();
  void take_signals();
  void ask_to_end();
  Result<void> report_losses(bool now);
  bool something_can_come() const;
  void follow_processes();
  Result<void> release_child();
  size_t count(bool attached) const;
  void print_maps();

  Session& session_;
  const Plan& plan_;
  Output& output_;
  const RunOptions& options_;
  SignalWatch signals_;
  UniqueFd target_;
  EventHandler events_;
  LossReporter losses_;
  Why why_ = Why::None;
  bool interrupted_ = false;  // while probes were attached
  bool ending_ = false;
  bool given_up_ = false;     // a second signal
  bool user_signal_ = false;  // came, and its clauses have not run
  bool process_ended_ = false;
  bool more_ = false;  // records are left for the next deliver()
  bool tests_failed_ = false;
  UserSymbols* user_code_ = nullptr;  // when the script names it
  Clock::time_point last_report_ = Clock::now();
};

size_t Run::count(bool attached) const {
  return static_cast<size_t>(
      std::count_if(plan_.probes.begin(), plan_.probes.end(), [&](const ProbePlan& probe) {
        return !is_test(probe.provider) && is_attached(probe.provider) == attached;
      }));
}

// Without an attached probe or one for a signal nothing can come after the begin clauses.
bool Run::something_can_come() const {
  if (options_.mode != RunMode::Trace) return false;
  return std::any_of(plan_.probes.begin(), plan_.probes.end(), [](const ProbePlan& probe) {
    return is_attached(probe.provider) || probe.provider == Provider::Self;
  });
}

Result<int> Run::execute() {
  for (auto phase : {&Run::attach, &Run::run_tests, &Run::process_events, &Run::drop_rest, &Run::end}) {
    auto done = (this->*phase)();
    if (!done) {
      session_.detach();
      return std::unexpected(done.error());
    }
    if (options_.dry_run) break;
  }
  return finish();
}

// Where addresses of user code are recorded, they shall have names when their process is gone. From before
// the first of them can be recorded.
void Run::follow_processes() {
  const bool named = names_user_code(plan_) && session_.runs_in_processes();
  if ((!named && !session_.follows_processes()) || !options_.symbols || options_.dry_run) return;
  UserSymbols& user = options_.symbols->user();
  if (auto followed = user.follow(); !followed)
    output_.warning(
        fmt::format("the kernel does not tell what processes do ({}): addresses of those that end "
                    "early may stay without names",
                    followed.error().text));
  if (options_.target_pid > 0) user.remember(options_.target_pid);
  if (session_.follows_processes())
    user.tell([this](const ProcessRecord& record) { session_.notice_process(record); });
  user_code_ = &user;
}

Result<void> Run::attach() {
  follow_processes();
  if (!options_.dry_run) {
    if (auto begun = session_.run(Provider::Begin); !begun) return begun;
  }
  std::optional<AttachProgressLine> progress(std::in_place, plan_);
  auto attached = session_.attach([&](size_t so_far) {
    progress->show(so_far);
    return !interrupted();
  });
  progress.reset();
  if (!attached) return std::unexpected(attached.error());
  for (const std::string& skipped : attached->skipped) output_.warning(skipped);
  size_t wanted = count(true), own = count(false);
  if (wanted > 0 && attached->attached == 0 && own == 0) return fail("Attachment failed for all probes.");
  if (options_.dry_run) return {};
  if (options_.mode == RunMode::Trace) output_.attached(attached->attached + own);
  for (const std::string& path : attached->pinned) output_.text_line("pinned", "Program pinned to " + path);
  if (options_.child) {
    if (auto released = release_child(); !released) return released;
  }
  notify_service("READY=1");
  // Tests ask the kernel for more while they run.
  if (!options_.keep_privileges && options_.mode == RunMode::Trace && session_.runs_in_processes())
    drop_privileges(plan_, options_.child != nullptr);
  return {};
}

// Where stacks are unwound by tables, these are there before the code that they are about runs.
Result<void> Run::release_child() {
  ChildProcess& child = *options_.child;
  if (!session_.follows_processes() || options_.mode != RunMode::Trace) return child.release();
  return child.release([this, &child] { return session_.know_code_of(child.pid()); });
}

// Signals that came while probes are being attached; the one that asks for the end is not forgotten.
bool Run::interrupted() {
  if (signals_.take().end) interrupted_ = true;
  return interrupted_;
}

// Tests and benchmarks, in script order, while the other probes are attached.
Result<void> Run::run_tests() {
  if (options_.mode == RunMode::Trace || options_.dry_run) return {};
  if (auto delivered = deliver_all(); !delivered) return delivered;  // of the begin clauses
  if (why_ != Why::None) return {};
  auto stop = [&] { return !notice_signals() || why_ != Why::None || output_.closed(); };
  auto passed = TestRunner(session_, plan_, output_, events_, stop).run(options_.mode);
  if (!passed) return std::unexpected(passed.error());
  tests_failed_ = !*passed;
  return {};
}

Result<void> Run::process_events() {
  if (!something_can_come() && why_ == Why::None) why_ = Why::NothingToWaitFor;
  while (why_ == Why::None) {
    if (auto waited = wait(); !waited) return waited;
    if (auto noticed = notice_signals(); !noticed) return noticed;
    if (why_ == Why::None && process_ended_) why_ = Why::ProcessEnded;
    if (why_ == Why::Exit) break;
    auto delivered = deliver();
    if (!delivered) return std::unexpected(delivered.error());
    output_.flush();
    if (auto reported = report_losses(false); !reported) return reported;
    if (output_.closed()) why_ = Why::ReaderGone;
    if (why_ == Why::None && session_.finished()) why_ = Why::NothingToWaitFor;
  }
  if (why_ == Why::NothingToWaitFor) return deliver_all();
  return {};
}

// Waits for records, signals and the ends of processes. In a flood records are left alone for a moment.
Result<void> Run::wait() {
  const bool rest = session_.may_rest();
  pollfd fds[] = {
      {signals_.fd(), POLLIN, 0},
      {rest ? -1 : session_.event_fd(), POLLIN, 0},
      {target_.get(), POLLIN, 0},
      {options_.child ? options_.child->pidfd() : -1, POLLIN, 0},
      {user_code_ ? user_code_->event_fd() : -1, POLLIN, 0},
      {options_.child ? options_.child->start_fd() : -1, POLLIN, 0},
  };
  const bool more = more_ || session_.has_aside() || (user_code_ && user_code_->has_more());
  const int timeout_ms = more ? 0 : rest ? kRestMs : kPollMs;
  if (::poll(fds, std::size(fds), timeout_ms) < 0 && errno != EINTR) {
    return fail(fmt::format("waiting for events failed: {}", std::strerror(errno)));
  }
  if (fds[2].revents || fds[3].revents) process_ended_ = true;
  if (user_code_) user_code_->look();
  return options_.child ? options_.child->follow_start() : Result<void>();
}

// Until the reader of the output reads, or a second signal says that nobody waits for it. Records that come
// meanwhile are set aside as far as there is room.
bool Run::wait_to_write(int fd) {
  bool room = true, rest = false;
  while (!given_up_) {
    pollfd fds[] = {
        {fd, POLLOUT, 0}, {signals_.fd(), POLLIN, 0}, {room && !rest ? session_.event_fd() : -1, POLLIN, 0}};
    if (::poll(fds, std::size(fds), rest ? kRestMs : -1) < 0 && errno != EINTR)
      return true;  // write() will tell
    if (fds[0].revents) return true;
    take_signals();
    rest = fds[2].revents != 0;
    if (rest) room = rest = session_.set_aside();
  }
  return false;
}

void Run::take_signals() {
  const SignalWatch::Arrived arrived = signals_.take();
  user_signal_ |= arrived.user;
  if (arrived.end) ask_to_end();
}

void Run::ask_to_end() {
  if (ending_ || why_ == Why::Signal)
    given_up_ = true;
  else if (why_ == Why::None)
    why_ = Why::Signal;
}

Result<void> Run::notice_signals() {
  take_signals();
  if (std::exchange(interrupted_, false)) ask_to_end();
  if (std::exchange(user_signal_, false) && !ending_) return session_.run(Provider::Self);
  return {};
}

// Gives the number of records handled.
Result<size_t> Run::deliver() {
  size_t handled = 0;
  auto polled = session_.poll(0, [&](Bytes record) {
    ++handled;
    events_.handle(record);
    // While the end clauses' events are processed a further exit() ends nothing.
    if (!ending_ && events_.exit_status()) why_ = Why::Exit;
    return !output_.full() && (ending_ ? !given_up_ : why_ != Why::Exit);
  });
  // Between two records: while one is handled, none behind it can be set aside.
  more_ = output_.full();
  if (more_) output_.flush();
  if (!polled) return std::unexpected(polled.error());
  if (events_.failure()) return std::unexpected(*events_.failure());
  return handled;
}

// Until nothing is left; a signal that asks for the end twice stops it.
Result<void> Run::deliver_all() {
  for (;;) {
    auto delivered = deliver();
    if (!delivered) return std::unexpected(delivered.error());
    if (auto noticed = notice_signals(); !noticed) return noticed;
    bool stopped = !ending_ && (why_ == Why::Exit || why_ == Why::Signal);
    if (*delivered == 0 || stopped || given_up_ || output_.closed()) return {};
  }
}

// After exit() what is still in the buffer is dropped. The order matters: once nothing is attached, nothing
// new comes in behind what is dropped here, and what the end clauses send is all that is left.
Result<void> Run::drop_rest() {
  notify_service("STOPPING=1");
  session_.detach();
  if (options_.child) options_.child->terminate();
  bool drop = why_ == Why::Exit || why_ == Why::ReaderGone;
  ending_ = true;
  if (!drop) return deliver_all();
  size_t dropped = 1;
  while (dropped > 0) {
    dropped = 0;
    auto polled = session_.poll(0, [&](Bytes) { return ++dropped > 0; });
    if (!polled) return polled;
  }
  return {};
}

Result<void> Run::end() {
  if (auto ended = session_.run(Provider::End); !ended) return ended;
  if (auto delivered = deliver_all(); !delivered) return delivered;
  return report_losses(true);
}

Result<void> Run::report_losses(bool now) {
  if (!now && Clock::now() - last_report_ < kLossInterval) return {};
  last_report_ = Clock::now();
  if (!ending_) session_.follow_cpus();
  for (const std::string& warning : session_.take_warnings()) output_.warning(warning);
  return losses_.report(session_);
}

// In the order of names by bytes.
void Run::print_maps() {
  std::vector<uint32_t> order(plan_.maps.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return plan_.maps[a].name < plan_.maps[b].name; });
  for (uint32_t map : order) events_.print_map({map, 0, 1, true});
}

Result<int> Run::finish() {
  if (options_.dry_run) {
    session_.detach();
    return 0;
  }
  if (losses_.total_lost() > 0) output_.total_lost(losses_.total_lost());
  if (events_.malformed() > 0) {
    output_.warning(fmt::format("{} records could not be read", events_.malformed()));
  }
  output_.end_of_events();
  if (plan_.config.print_maps_on_exit && !given_up_ && options_.mode == RunMode::Trace) print_maps();
  if (events_.failure()) return std::unexpected(*events_.failure());
  if (auto finished = output_.finish(); !finished) {
    fmt::print(stderr, "ERROR: {}\n", finished.error().text);
    return 1;
  }
  return events_.exit_status().value_or(tests_failed_ ? 1 : 0);
}

}  // namespace

Result<int> run(Session& session, const Plan& plan, Output& output, const RunOptions& options) {
  auto signals = SignalWatch::start();
  if (!signals) return std::unexpected(signals.error());
  UniqueFd target;
  if (options.target_pid > 0) {
    auto opened = open_process(options.target_pid);
    if (!opened) return std::unexpected(opened.error());
    target = std::move(*opened);
  }
  return Run(session, plan, output, options, std::move(*signals), std::move(target)).execute();
}

}  // namespace tracer

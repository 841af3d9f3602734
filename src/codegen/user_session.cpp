// The user session: the script as native code in this process, over maps and helpers that the
// runtime emulates. Time-driven programs are fired by one timer.
#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/unique_fd.h"
#include "codegen/module_impl.h"
#include "codegen/native_code.h"
#include "runtime/user_world.h"

namespace tracer {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;  // nanoseconds

uint64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * kSecond + static_cast<uint64_t>(time.tv_nsec);
}

// The machinery's maps that a Plan may ask for, besides the script's own.
constexpr const char* kMachineryMaps[] = {kDataRing, kControlRing, kCounters,
                                          kScratch,  kScratchUse,  kProcesses};

class UserSession final : public Session {
 public:
  UserSession(Module module, Plan plan, SharedMaps* shared, UniqueFd timer)
      : module_(std::move(module)), plan_(std::move(plan)), world_(plan_, shared), timer_(std::move(timer)) {}

  Result<void> load() override;
  Result<void> run(Provider provider) override;
  Result<ProgramRun> run_one(uint32_t probe, uint64_t times) override;
  Result<AttachSummary> attach(const AttachProgress& progress) override;
  void detach() override { schedule_.clear(); }
  Result<void> poll(int timeout_ms, const std::function<bool(Bytes)>& record) override;

  Result<void> for_each(uint32_t map,
                        const std::function<void(Bytes, std::span<const Bytes>)>& entry) override {
    return world_.for_each(map, entry);
  }
  Result<void> clear_map(uint32_t map) override { return world_.clear_map(map); }
  Result<void> zero_map(uint32_t map) override { return world_.zero_map(map); }
  Result<std::vector<CounterValue>> counters() override { return world_.counters(); }
  std::vector<ProgramRun> runs() const override { return runs_; }
  int event_fd() const override { return timer_.get(); }

 private:
  struct Due {
    uint64_t time = 0;
    uint32_t probe = 0;
  };

  uint64_t call(uint32_t probe);
  void timed_call(uint32_t probe);
  void set_timer();
  bool fire(const std::function<bool(Bytes)>& record, Result<void>& trouble);
  bool deliver(const std::function<bool(Bytes)>& record, Result<void>& trouble);

  Module module_;  // empty after load()
  Plan plan_;
  UserWorld world_;
  std::unique_ptr<NativeCode> code_;
  std::vector<NativeCode::Program> programs_;  // by probe
  std::vector<ProgramRun> runs_;               // by probe
  std::vector<Due> schedule_;                  // one entry for each interval probe
  UniqueFd timer_;
  bool has_run_ = false;  // a program ran since the last delivery
};

Result<void> UserSession::load() {
  std::vector<NativeSymbol> symbols;
  for (const HelperAddress& helper : user_helpers()) symbols.push_back({helper.name, helper.address});
  for (const MapPlan& map : plan_.maps) symbols.push_back({map.symbol, world_.map(map.symbol)});
  for (const char* name : kMachineryMaps)
    if (UserMap* map = world_.map(name)) symbols.push_back({name, map});

  auto code = NativeCode::compile(std::move(module_), symbols);
  if (!code) return std::unexpected(code.error());
  code_ = std::move(*code);
  for (const ProbePlan& probe : plan_.probes) {
    auto program = code_->find(probe.program);
    if (!program) return std::unexpected(program.error());
    programs_.push_back(*program);
  }
  runs_.resize(programs_.size());
  return {};
}

uint64_t UserSession::call(uint32_t probe) {
  // Programs that run here read nothing from their context; it is there for code that takes its
  // address.
  alignas(8) char context[512] = {};
  has_run_ = true;
  return programs_[probe](context);
}

void UserSession::timed_call(uint32_t probe) {
  const uint64_t begun = now();
  call(probe);
  runs_[probe].runs++;
  runs_[probe].nanoseconds += now() - begun;
}

Result<void> UserSession::run(Provider provider) {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < plan_.probes.size(); i++)
    if (plan_.probes[i].provider == provider) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return plan_.probes[a].clause < plan_.probes[b].clause; });
  for (uint32_t probe : order) timed_call(probe);
  set_timer();
  return {};
}

Result<ProgramRun> UserSession::run_one(uint32_t probe, uint64_t times) {
  ProgramRun run;
  uint64_t start = now();
  while (run.runs < times && run.status == 0) {
    run.status = static_cast<uint32_t>(call(probe));
    ++run.runs;
  }
  run.nanoseconds = now() - start;
  set_timer();
  return run;
}

Result<AttachSummary> UserSession::attach(const AttachProgress&) {
  AttachSummary summary;
  uint64_t start = now();
  for (uint32_t i = 0; i < plan_.probes.size(); i++) {
    const ProbePlan& probe = plan_.probes[i];
    switch (probe.provider) {
      case Provider::Begin:
      case Provider::End:
      case Provider::Self:
      case Provider::Test:
      case Provider::Bench:
        continue;
      case Provider::Interval:
        schedule_.push_back({start + probe.period, i});
        summary.attached++;
        continue;
      default:
        return fail("`" + probe.name + "` can only be attached to a kernel", "run the script without --user");
    }
  }
  set_timer();
  return summary;
}

// The timer goes off when the next program is due, or at once when records may be waiting.
void UserSession::set_timer() {
  itimerspec when = {};
  if (has_run_) {
    when.it_value.tv_nsec = 1;
  } else if (!schedule_.empty()) {
    auto next = std::min_element(schedule_.begin(), schedule_.end(),
                                 [](const Due& a, const Due& b) { return a.time < b.time; });
    when.it_value.tv_sec = static_cast<time_t>(next->time / kSecond);
    when.it_value.tv_nsec = static_cast<long>(next->time % kSecond);
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

bool UserSession::deliver(const std::function<bool(Bytes)>& record, Result<void>& trouble) {
  has_run_ = false;
  bool go_on = true;
  trouble = world_.deliver([&](Bytes bytes) { return go_on = record(bytes); });
  return go_on && trouble;
}

// Runs what is due, the earliest first and equals in script order, and delivers after each so that
// exit() stops those behind it. False: stop.
bool UserSession::fire(const std::function<bool(Bytes)>& record, Result<void>& trouble) {
  uint64_t until = now();
  for (;;) {
    auto next = std::min_element(schedule_.begin(), schedule_.end(),
                                 [](const Due& a, const Due& b) { return a.time < b.time; });
    if (next == schedule_.end() || next->time > until) return true;
    // As the kernel's timers do: what was missed is not made up for.
    uint64_t period = std::max<uint64_t>(plan_.probes[next->probe].period, 1);
    next->time += ((until - next->time) / period + 1) * period;
    timed_call(next->probe);
    if (!deliver(record, trouble)) return false;
  }
}

Result<void> UserSession::poll(int timeout_ms, const std::function<bool(Bytes)>& record) {
  pollfd wait = {timer_.get(), POLLIN, 0};
  int ready = ::poll(&wait, 1, timeout_ms);
  if (ready < 0) {
    if (errno == EINTR) return {};
    return fail(std::string("cannot wait for events: ") + std::strerror(errno));
  }
  Result<void> trouble;
  if (deliver(record, trouble)) fire(record, trouble);
  set_timer();
  return trouble;
}

}  // namespace

Result<std::unique_ptr<Session>> make_user_session(Module module, const Plan& plan, SharedMaps* shared) {
  UniqueFd timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (timer.get() < 0) return fail(std::string("cannot make a timer: ") + std::strerror(errno));
  Plan complete = plan;
  complete.scratch_size = module.impl().scratch_size;
  return std::make_unique<UserSession>(std::move(module), std::move(complete), shared, std::move(timer));
}

}  // namespace tracer

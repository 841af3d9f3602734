#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "base/file_limit.h"
#include "probes/attach.h"
#include "probes/kprobe_session.h"
#include "probes/online_cpus.h"
#include "runtime/bytes.h"
#include "runtime/iterator_reader.h"
#include "runtime/kernel_map.h"
#include "runtime/kernel_packets.h"
#include "runtime/kernel_rings.h"
#include "runtime/kernel_unwinder.h"
#include "runtime/libbpf_log.h"
#include "runtime/load_error.h"
#include "runtime/ring_size.h"
#include "runtime/saved_object.h"
#include "runtime/session.h"
#include "runtime/shared_maps.h"

namespace tracer {

namespace {

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

void raise_limit(int resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0) return;
  rlimit endless{RLIM_INFINITY, RLIM_INFINITY};
  if (resource != RLIMIT_NOFILE && setrlimit(resource, &endless) == 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(resource, &limit);
}

// Tests and benchmarks are run, and so loaded, in their own modes only.
bool rests(Provider provider, RunMode mode) {
  return (provider == Provider::Test && mode != RunMode::Test) ||
         (provider == Provider::Bench && mode != RunMode::Bench);
}

// The kernel runs what was attached last first at the entries of functions, in fexit and in user code, and
// what was attached first first elsewhere: clauses on one event shall run in the script's order.
bool runs_last_first(Provider provider) {
  switch (provider) {
    case Provider::Kprobe:
    case Provider::Ksyscall:
    case Provider::Fentry:
    case Provider::Fexit:
    case Provider::Uprobe:
    case Provider::Uretprobe:
    case Provider::Usdt:
      return true;
    default:
      return false;
  }
}

std::vector<size_t> attach_order(const Plan& plan) {
  std::vector<size_t> order;
  for (size_t i = plan.probes.size(); i-- > 0;)
    if (runs_last_first(plan.probes[i].provider)) order.push_back(i);
  for (size_t i = 0; i < plan.probes.size(); ++i)
    if (!runs_last_first(plan.probes[i].provider)) order.push_back(i);
  return order;
}

class KernelSession final : public Session {
 public:
  KernelSession(std::string artifact, const Plan& plan, const KernelSessionOptions& options,
                KernelInfo& kernel)
      : artifact_(std::move(artifact)),
        plan_(plan),
        options_(options),
        kernel_(kernel),
        log_(options.show_libbpf),
        iterator_(plan) {}

  Result<void> load() override;
  Result<void> run(Provider provider) override;
  Result<ProgramRun> run_one(uint32_t probe, uint64_t times) override;
  Result<AttachSummary> attach(const AttachProgress& progress) override;
  void detach() override {
    count_missed(counted_programs(), links_, missed_);
    for (const KprobeSession& session : sessions_) missed_[session.entry].with_returns = true;
    links_.clear();
  }
  void follow_cpus() override;
  void unwatch(uint64_t address) override {
    std::erase_if(links_, [&](const BpfLink& link) { return link.watched() == address; });
  }
  bool finished() const override { return had_iterator_ && !iterator_.is_open() && held_.empty(); }
  Result<void> poll(int timeout_ms, const std::function<bool(Bytes record)>& record) override;
  bool set_aside() override { return rings_.set_aside(); }
  bool has_aside() const override { return rings_.has_aside(); }
  bool may_rest() const override { return rings_.may_rest(); }
  Result<void> for_each(uint32_t map,
                        const std::function<void(Bytes key, std::span<const Bytes> values)>& entry) override;
  Result<void> clear_map(uint32_t map) override { return maps_[map].clear(); }
  Result<void> zero_map(uint32_t map) override;
  Result<std::vector<CounterValue>> counters() override;
  std::vector<MissedEvents> missed() const override { return missed_; }
  std::vector<ProgramRun> runs() const override;
  bool runs_in_processes() const override { return true; }
  bool follows_processes() const override { return unwinder_.has_value(); }
  std::vector<std::string> take_warnings() override {
    return unwinder_ ? unwinder_->take_warnings() : std::vector<std::string>();
  }
  void notice_process(const ProcessRecord& record) override { unwinder_->notice(record); }
  Result<void> know_code_of(pid_t process) override { return unwinder_->update(process); }
  int event_fd() const override { return iterator_.is_open() ? iterator_.fd() : rings_.fd(); }

 private:
  Result<void> open();
  void size_maps();
  Result<void> prepare_unwinding();
  Result<void> take_shared_maps();
  Result<void> share_maps();
  Result<void> prepare_programs();
  void prepare_sessions();
  Result<void> attach_probe(size_t probe, const AttachOptions& options, AttachSummary& summary,
                            std::vector<std::string>& left_out);
  std::vector<int> counted_programs() const;
  Result<void> open_maps();
  Result<KernelMap> open_map(const std::string& symbol, const std::string& name, const MapPlan* plan);
  int map_fd(const char* symbol) const;
  bool leave_out_refused(const std::string& log);
  void give_log_buffers();
  std::string show_logs(bool loaded);
  bool on_every_cpu(const ProbePlan& probe) const;
  Result<void> open_iterators(AttachSummary& summary);
  Result<void> poll_rings(int timeout_ms, const std::function<bool(Bytes record)>& record);
  Result<void> poll_iterator(const std::function<bool(Bytes record)>& record);

  std::string artifact_;
  const Plan& plan_;
  const KernelSessionOptions options_;
  KernelInfo& kernel_;
  LibbpfLog log_;
  std::unique_ptr<bpf_object, CloseObject> object_;
  std::vector<bpf_program*> programs_;  // by index of Plan::probes; null: left out
  std::vector<KprobeSession> sessions_;
  std::set<size_t> refused_;  // programs that the kernel does not load
  std::vector<std::string> skipped_, left_out_;
  std::vector<MissedEvents> missed_;  // by index of Plan::probes
  std::vector<std::string> verifier_logs_;
  std::vector<KernelMap> maps_;  // by index of Plan::maps
  std::optional<KernelMap> counters_;
  KernelRings rings_;
  std::optional<KernelUnwinder> unwinder_;  // when the script unwinds by tables
  KernelPackets packets_;
  std::optional<RunTimes> run_times_;  // while tests and benchmarks are run
  IteratorReader iterator_;
  bool had_iterator_ = false, iterator_begun_ = false;
  std::vector<std::vector<std::byte>> held_;  // of the rings, until the iterator is read
  CpuWatch cpus_;
  int interval_cpu_ = -1;
  std::vector<BpfLink> links_;  // goes first
};

Result<void> KernelSession::load() {
  raise_limit(RLIMIT_MEMLOCK);
  raise_limit(RLIMIT_NOFILE);
  for (;;) {
    programs_.clear();
    skipped_.clear();
    if (auto opened = open(); !opened) return opened;
    size_maps();
    if (auto prepared = prepare_unwinding(); !prepared) return prepared;
    if (auto written = write_facts(*object_); !written) return written;
    if (auto taken = take_shared_maps(); !taken) return taken;
    if (auto prepared = prepare_programs(); !prepared) return prepared;
    if (options_.show_verifier_log) give_log_buffers();
    log_.clear();
    int code = bpf_object__load(object_.get());
    std::string log = log_.text();
    if (options_.show_verifier_log) log += show_logs(code == 0);
    if (code == 0) break;
    if (!leave_out_refused(log))
      return std::unexpected(explain_load_failure(code, log, plan_, current_privileges()));
  }
  if (auto shared = share_maps(); !shared) return shared;
  return open_maps();
}

Result<void> KernelSession::prepare_unwinding() {
  if (!bpf_object__find_map_by_name(object_.get(), kUnwindRows)) return {};
  if (!unwinder_) {
    std::vector<pid_t> processes = options_.unwound_processes;
    if (options_.target_pid > 0) processes.push_back(options_.target_pid);
    if (processes.empty())
      return fail("dw_ustack needs the unwinding tables of a process",
                  "name the process with -p or --dwarf-pid, or start it with -c");
    unwinder_.emplace(std::move(processes), options_.child_program);
  }
  unwinder_->prepare(object_.get());
  return {};
}

Result<void> KernelSession::take_shared_maps() {
  if (!options_.shared_maps) return {};
  for (const MapPlan& plan : plan_.maps) {
    const auto shared = options_.shared_maps->kernel.find(plan.symbol);
    if (shared == options_.shared_maps->kernel.end()) continue;
    bpf_map* map = bpf_object__find_map_by_name(object_.get(), plan.symbol.c_str());
    if (const int code = map ? bpf_map__reuse_fd(map, shared->second.get()) : -ENOENT; code != 0)
      return fail(fmt::format("the map {} could not be used again: {}", plan.name, std::strerror(-code)));
  }
  return {};
}

Result<void> KernelSession::share_maps() {
  if (!options_.shared_maps) return {};
  for (const MapPlan& plan : plan_.maps) {
    UniqueFd& shared = options_.shared_maps->kernel[plan.symbol];
    if (shared) continue;
    shared = UniqueFd(fcntl(map_fd(plan.symbol.c_str()), F_DUPFD_CLOEXEC, 0));
    if (!shared)
      return fail(fmt::format("the map {} could not be shared: {}", plan.name, std::strerror(errno)));
  }
  return {};
}

// The kernel refuses some functions only when a program for them is loaded, before it looks at the
// program. One that a wildcard found among others is left out, and the rest is loaded again.
bool KernelSession::leave_out_refused(const std::string& log) {
  const VerifierComplaint complaint = verifier_complaint(log);
  const std::string refused = refused_program(log);
  if (refused.empty() || !complaint.source.empty()) return false;
  for (size_t i = 0; i < plan_.probes.size(); ++i) {
    if (plan_.probes[i].program != refused) continue;
    if (!plan_.probes[i].wildcard || !programs_[i]) return false;
    const std::string why = complaint.text.empty() ? "the kernel does not allow it" : complaint.text;
    left_out_.push_back(fmt::format("{} ({})", plan_.probes[i].name, why));
    refused_.insert(i);
    return true;
  }
  return false;
}

Result<void> KernelSession::open() {
  install_section_handlers();
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "tracer");
  object_.reset(bpf_object__open_mem(artifact_.data(), artifact_.size(), &options));
  if (object_) return {};
  const int error = errno;
  return fail(fmt::format("the compiled script could not be opened: {}", std::strerror(error)),
              file_limit_hint(error));
}

// What depends on this machine and on the user's settings.
void KernelSession::size_maps() {
  bpf_map* ring = bpf_object__find_map_by_name(object_.get(), kDataRing);
  if (ring) bpf_map__set_max_entries(ring, data_ring_bytes(plan_));
  bpf_map* scratch = bpf_object__find_map_by_name(object_.get(), kScratch);
  const int cpus = libbpf_num_possible_cpus();
  if (scratch && cpus > 0) bpf_map__set_max_entries(scratch, static_cast<uint32_t>(cpus) * kScratchFrames);
}

Result<void> KernelSession::prepare_programs() {
  for (const ProbePlan& probe : plan_.probes) {
    bpf_program* program = bpf_object__find_program_by_name(object_.get(), probe.program.c_str());
    if (!program) return fail(fmt::format("the compiled script lacks the program of {}", probe.name));
    programs_.push_back(program);
    if (rests(probe.provider, options_.mode) || refused_.contains(programs_.size() - 1)) {
      bpf_program__set_autoload(program, false);
      programs_.back() = nullptr;
      continue;
    }
    auto prepared = prepare_program(program, probe, kernel_);
    if (prepared) continue;
    // What a wildcard found where a saved object was compiled may not be here.
    const bool left_out = probe.wildcard && !plan_.saved_on.empty();
    if (plan_.config.missing_probes == MissingProbes::Error && !left_out) return prepared;
    bpf_program__set_autoload(program, false);
    programs_.back() = nullptr;
    if (left_out)
      left_out_.push_back(probe.name);
    else if (plan_.config.missing_probes == MissingProbes::Warn)
      skipped_.push_back(prepared.error().text + " Skipping.");
  }
  prepare_sessions();
  return {};
}

void KernelSession::prepare_sessions() {
  sessions_ = kprobe_sessions(plan_, kernel_);
  std::erase_if(sessions_, [&](const KprobeSession& session) {
    return !programs_[session.entry] || !programs_[session.exit];
  });
  for (const KprobeSession& session : sessions_)
    for (const size_t probe : {session.entry, session.exit})
      bpf_program__set_expected_attach_type(programs_[probe], kKprobeSession);
}

void KernelSession::give_log_buffers() {
  // The figures of programs that are taken, the whole path of one that is refused. The next level has
  // every path of every program, which seldom fits and would make loading fail.
  constexpr unsigned kLevel = 1;
  verifier_logs_.assign(programs_.size(), std::string(plan_.config.log_size, '\0'));
  for (size_t i = 0; i < programs_.size(); ++i) {
    if (!programs_[i]) continue;
    bpf_program__set_log_level(programs_[i], kLevel);
    bpf_program__set_log_buf(programs_[i], verifier_logs_[i].data(), verifier_logs_[i].size());
  }
}

// Gives the log of the program that was refused, framed as libbpf frames those that it keeps itself.
std::string KernelSession::show_logs(bool loaded) {
  std::string refused;
  for (size_t i = 0; i < programs_.size(); ++i) {
    const char* log = verifier_logs_[i].c_str();
    if (!programs_[i] || !*log) continue;
    std::fprintf(stderr, "Verifier log of %s:\n%s\n", plan_.probes[i].name.c_str(), log);
    bpf_program__set_log_buf(programs_[i], nullptr, 0);
    // Programs are loaded in order up to the first that fails.
    refused = fmt::format("libbpf: prog '{}': -- BEGIN PROG LOAD LOG --\n{}-- END PROG LOAD LOG --\n",
                          plan_.probes[i].program, log);
  }
  verifier_logs_.clear();
  return loaded ? "" : refused;
}

Result<KernelMap> KernelSession::open_map(const std::string& symbol, const std::string& name,
                                          const MapPlan* plan) {
  bpf_map* map = bpf_object__find_map_by_name(object_.get(), symbol.c_str());
  if (!map) return fail(fmt::format("the compiled script lacks the map {}", name));
  int cpus = libbpf_num_possible_cpus();
  if (cpus < 1) return fail("the number of CPUs is not known");
  bool per_cpu = plan ? plan->per_cpu() : true;
  bool array = plan ? plan->has_written_word() : true;
  return KernelMap(name, bpf_map__fd(map), bpf_map__key_size(map), bpf_map__value_size(map),
                   bpf_map__max_entries(map), per_cpu ? static_cast<uint32_t>(cpus) : 1, array);
}

int KernelSession::map_fd(const char* symbol) const {
  bpf_map* map = bpf_object__find_map_by_name(object_.get(), symbol);
  return map ? bpf_map__fd(map) : -1;
}

Result<void> KernelSession::open_maps() {
  if (unwinder_)
    if (auto opened = unwinder_->open(object_.get()); !opened) return opened;
  for (const MapPlan& plan : plan_.maps) {
    auto map = open_map(plan.symbol, plan.name, &plan);
    if (!map) return std::unexpected(map.error());
    maps_.push_back(std::move(*map));
  }
  if (map_fd(kCounters) >= 0) {
    auto map = open_map(kCounters, kCounters, nullptr);
    if (!map) return std::unexpected(map.error());
    counters_.emplace(std::move(*map));
  }
  if (auto opened = packets_.open(map_fd(kPackets)); !opened) return opened;
  return rings_.open(map_fd(kDataRing), map_fd(kControlRing));
}

Result<void> KernelSession::run(Provider provider) {
  for (size_t i = 0; i < programs_.size(); ++i) {
    if (plan_.probes[i].provider != provider || !programs_[i]) continue;
    if (auto ran = run_program(programs_[i]); !ran) return std::unexpected(ran.error());
  }
  return {};
}

Result<ProgramRun> KernelSession::run_one(uint32_t probe, uint64_t times) {
  if (!run_times_) run_times_ = RunTimes::start();
  bpf_program* program = programs_[probe];
  ProgramRun run;
  uint64_t before = run_times_->nanoseconds(program);
  while (run.runs < times && run.status == 0) {
    auto status = run_program(program);
    if (!status) return std::unexpected(status.error());
    run.status = *status;
    ++run.runs;
  }
  run.nanoseconds = run_times_->nanoseconds(program) - before;
  return run;
}

Result<AttachSummary> KernelSession::attach(const AttachProgress& progress) {
  AttachSummary summary;
  summary.skipped = skipped_;
  std::vector<std::string> left_out = left_out_;
  AttachOptions options{options_.target_pid, progress};
  options.iterated_pid = plan_.target_pid;
  for (size_t i : attach_order(plan_)) {
    if (plan_.probes[i].provider <= Provider::Bench || !programs_[i]) continue;
    auto attached = attach_probe(i, options, summary, left_out);
    if (attached) continue;
    links_.clear();
    return std::unexpected(attached.error());
  }
  if (options_.verbose && !left_out.empty())
    summary.skipped.push_back(fmt::format("{} of the functions that wildcards found cannot be probed: {}",
                                          left_out.size(), fmt::join(left_out, ", ")));
  if (auto opened = open_iterators(summary); !opened) return std::unexpected(opened.error());
  cpus_.look();
  interval_cpu_ = online_cpus().front();
  return summary;
}

Result<void> KernelSession::attach_probe(size_t probe, const AttachOptions& options, AttachSummary& summary,
                                         std::vector<std::string>& left_out) {
  for (const KprobeSession& session : sessions_) {
    if (session.entry == probe)
      return attach_session(session, programs_, plan_, options, kernel_, links_, summary.attached,
                            summary.skipped, left_out);
    if (session.exit == probe) return {};  // attached with its entry
  }
  return attach_program(programs_[probe], plan_.probes[probe], options, kernel_, plan_.config.missing_probes,
                        links_, summary.attached, summary.skipped, left_out);
}

// What the kernel keeps figures of, for each probe; -1: nothing.
std::vector<int> KernelSession::counted_programs() const {
  std::vector<int> programs;
  for (const bpf_program* program : programs_) programs.push_back(program ? bpf_program__fd(program) : -1);
  for (const KprobeSession& session : sessions_) {
    programs[session.entry] = session.program.get();
    programs[session.exit] = -1;
  }
  return programs;
}

// Whether the probe has an event on every CPU. In a process events are its threads'.
bool KernelSession::on_every_cpu(const ProbePlan& probe) const {
  if (options_.target_pid != 0) return false;
  switch (probe.provider) {
    case Provider::Profile:
    case Provider::Software:
    case Provider::Hardware:
      return true;
    case Provider::Watchpoint:  // unless it was removed
      return std::ranges::find(links_, probe.targets.front().address, &BpfLink::watched) != links_.end();
    default:
      return false;
  }
}

// An interval's clock stops with its CPU and goes on on another one.
void KernelSession::follow_cpus() {
  const CpuWatch::Change change = cpus_.look();
  const bool interval_stopped = std::ranges::find(change.gone, interval_cpu_) != change.gone.end();
  if (change.arrived.empty() && !interval_stopped) return;
  AttachOptions options;
  AttachSummary summary;
  std::vector<std::string> left_out;
  for (size_t i = 0; i < programs_.size(); ++i) {
    const bool interval = plan_.probes[i].provider == Provider::Interval && interval_stopped;
    options.cpus = interval ? std::vector<int>{online_cpus().front()} : change.arrived;
    if (!programs_[i] || options.cpus.empty() || !(interval || on_every_cpu(plan_.probes[i]))) continue;
    // With this policy nothing fails; a CPU that has gone again is none of ours.
    (void)attach_program(programs_[i], plan_.probes[i], options, kernel_, MissingProbes::Ignore, links_,
                         summary.attached, summary.skipped, left_out);
  }
  if (interval_stopped) interval_cpu_ = online_cpus().front();
}

// A script has one iterator and nothing else that is attached.
Result<void> KernelSession::open_iterators(AttachSummary& summary) {
  for (const ProbePlan& probe : plan_.probes) {
    if (probe.provider != Provider::Iter || links_.empty()) continue;
    const std::string& pin = probe.targets.front().module;
    had_iterator_ = true;
    if (!pin.empty())
      summary.pinned.push_back(pin);
    else if (auto opened = iterator_.open(links_.front().get()); !opened)
      return opened;
  }
  return {};
}

Result<void> KernelSession::poll_rings(int timeout_ms, const std::function<bool(Bytes record)>& record) {
  if (auto polled = rings_.poll(timeout_ms, record); !polled) return polled;
  return packets_.consume(record);
}

Result<void> KernelSession::poll(int timeout_ms, const std::function<bool(Bytes record)>& record) {
  if (unwinder_)
    if (auto updated = unwinder_->update(); !updated) return updated;
  // What the begin clauses sent comes before anything of the iterator.
  if (iterator_.is_open() && std::exchange(iterator_begun_, true)) return poll_iterator(record);
  std::vector<std::vector<std::byte>> held;
  held.swap(held_);
  for (const auto& bytes : held)
    if (!record(bytes)) return {};
  return poll_rings(timeout_ms, record);
}

// What the iterator writes comes first, then what its program sends otherwise.
Result<void> KernelSession::poll_iterator(const std::function<bool(Bytes record)>& record) {
  auto hold = [&](Bytes bytes) {
    held_.emplace_back(bytes.begin(), bytes.end());
    return true;
  };
  auto deliver = [&](Bytes bytes) {
    const uint64_t event = load_unsigned(bytes, 0, 4);
    if (plan_.events[event].kind == EventKind::Exit) {
      // The run ends with it, so what is held is due.
      if (!poll_rings(0, hold)) return false;
      std::vector<std::vector<std::byte>> due;
      due.swap(held_);
      for (const auto& each : due)
        if (!record(each)) return false;
    }
    return record(bytes);
  };
  if (auto read = iterator_.read(deliver); !read) return read;
  return poll_rings(0, hold);
}

Result<void> KernelSession::for_each(
    uint32_t index, const std::function<void(Bytes key, std::span<const Bytes> values)>& entry) {
  const MapPlan& plan = plan_.maps[index];
  const KernelMap& map = maps_[index];
  std::vector<Bytes> values(map.cpus());
  return map.for_each([&](const std::byte* key, const std::byte* first) {
    bool written = !plan.has_written_word();
    for (uint32_t cpu = 0; cpu < map.cpus(); ++cpu) {
      values[cpu] = Bytes(first + size_t{cpu} * map.stride(), plan.value_size);
      written = written || load_unsigned(values[cpu], plan.value_size - 8, 8) != 0;
    }
    if (written) entry(Bytes(key, plan.has_written_word() ? 0 : plan.key_size), values);
  });
}

Result<void> KernelSession::zero_map(uint32_t index) {
  const MapPlan& plan = plan_.maps[index];
  return maps_[index].zero(plan.has_written_word() ? plan.value_size - 8 : plan.value_size);
}

// Each CPU's slot: uint64 count, int64 last return code.
Result<std::vector<CounterValue>> KernelSession::counters() {
  std::vector<CounterValue> values(plan_.counters.size());
  if (!counters_) return values;
  auto read = counters_->for_each([&](const std::byte* key, const std::byte* slots) {
    uint64_t index = load_unsigned(Bytes(key, sizeof(uint32_t)), 0, sizeof(uint32_t));
    if (index >= values.size()) return;
    for (uint32_t cpu = 0; cpu < counters_->cpus(); ++cpu) {
      Bytes slot(slots + size_t{cpu} * counters_->stride(), 16);
      values[index].count += load_unsigned(slot, 0, 8);
      if (auto code = static_cast<int64_t>(load_unsigned(slot, 8, 8)); code != 0)
        values[index].last_code = code;
    }
  });
  if (!read) return std::unexpected(read.error());
  return values;
}

std::vector<ProgramRun> KernelSession::runs() const {
  const std::vector<int> programs = counted_programs();
  std::vector<ProgramRun> runs(programs.size());
  for (size_t i = 0; i < programs.size(); ++i) {
    if (programs[i] < 0) continue;
    const ProgramUse use = program_use(programs[i]);
    runs[i] = {use.runs, use.nanoseconds, 0};
  }
  return runs;
}

}  // namespace

Result<std::unique_ptr<Session>> make_kernel_session(const std::string& artifact, const Plan& plan,
                                                     const KernelSessionOptions& options,
                                                     KernelInfo& kernel) {
  return std::make_unique<KernelSession>(artifact, plan, options, kernel);
}

}  // namespace tracer

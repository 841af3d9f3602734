// What runs a compiled script: the kernel session (libbpf) and the user session (native code in
// process) answer to this interface.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "probes/missed_events.h"

namespace tracer {

struct ProcessRecord;
struct SharedMaps;

using Bytes = std::span<const std::byte>;

// What a run is for. Clauses of `test` and `bench` rest in the other modes.
enum class RunMode : uint8_t { Trace, Test, Bench };

struct CounterValue {
  uint64_t count = 0;
  int64_t last_code = 0;  // what the helper returned last
};

struct AttachSummary {
  size_t attached = 0;               // probes, every function of a multi link counted
  std::vector<std::string> skipped;  // one sentence each, under missing_probes=warn
  std::vector<std::string> pinned;   // files that iterators were pinned to
};

// What became of running one program several times.
struct ProgramRun {
  uint64_t runs = 0;
  uint64_t nanoseconds = 0;  // spent in the program, all runs together
  uint32_t status = 0;       // what the last run returned: the low 32 bits of `return e`
};

// Told how many probes are attached so far; false: the user does not want to wait any longer.
using AttachProgress = std::function<bool(size_t attached)>;

class Session {
 public:
  virtual ~Session() = default;

  // Creates maps, loads programs. Verifier refusals are explained in the error.
  virtual Result<void> load() = 0;
  // Runs every program of a provider that user space triggers (Begin, End, Self) once, in order of
  // clauses.
  virtual Result<void> run(Provider provider) = 0;
  // Runs the program of Plan::probes[probe], a test or benchmark, `times` times; it stops after a run
  // that returns another status than 0.
  virtual Result<ProgramRun> run_one(uint32_t probe, uint64_t times) = 0;
  // Attaches all that is not triggered by user space.
  virtual Result<AttachSummary> attach(const AttachProgress& progress) = 0;
  Result<AttachSummary> attach() { return attach({}); }
  virtual void detach() = 0;
  // To be called now and then: what is attached on every CPU is attached on those that have come online.
  virtual void follow_cpus() {}
  // Removes the watchpoints at an address.
  virtual void unwatch(uint64_t) {}
  // True when what is attached will send nothing more: an iterator that was read to its end.
  virtual bool finished() const { return false; }

  // Waits until records are there or the time is over, then delivers all that are there, in the
  // order of Plan (data and control ring merged). The bytes are valid during the call only.
  // Returns early, with success, when a signal interrupts. `record` returns false to stop.
  virtual Result<void> poll(int timeout_ms, const std::function<bool(Bytes record)>& record) = 0;
  // To be called now and then by what takes long while records are handled (a map of a million keys, a reader
  // who does not read): takes what is there out of the buffer, so that it does not run full. poll() delivers
  // it in its turn. False: there is no more room, or this is not the moment.
  virtual bool set_aside() { return false; }
  // Something is set aside, of which event_fd() does not tell.
  virtual bool has_aside() const { return false; }
  // After poll(): records come in such numbers that it is better to wait a moment and take many at once than
  // to be woken for each, and there is room for those that come meanwhile.
  virtual bool may_rest() const { return false; }

  // The map's entries as they are now: the key, and the value once for each CPU (one for maps
  // that are not per CPU), each Plan::maps[i].value_size bytes long. Scalar maps: an empty key,
  // nothing when never written (bucketed ones excepted, whose key is the bucket's index).
  virtual Result<void> for_each(
      uint32_t map, const std::function<void(Bytes key, std::span<const Bytes> values)>& entry) = 0;
  virtual Result<void> clear_map(uint32_t map) = 0;
  virtual Result<void> zero_map(uint32_t map) = 0;

  // Summed over CPUs, in the order of Plan::counters.
  virtual Result<std::vector<CounterValue>> counters() = 0;

  // Hits of probes that reached no program, in the order of Plan::probes; known after detach().
  virtual std::vector<MissedEvents> missed() const { return {}; }

  // How often each program ran and how long, in the order of Plan::probes; where programs run in the kernel,
  // since it counts for anyone (see RunTimes).
  virtual std::vector<ProgramRun> runs() const { return {}; }

  // Whether clauses run in other processes than this one.
  virtual bool runs_in_processes() const { return false; }
  // Whether it is to be told what processes do: for user stacks by unwinding tables.
  virtual bool follows_processes() const { return false; }
  virtual void notice_process(const ProcessRecord&) {}
  // The same at once: when it returns, stacks can be unwound in all that the process has mapped.
  virtual Result<void> know_code_of(pid_t) { return {}; }
  // What the user should know of since the last call, a sentence each.
  virtual std::vector<std::string> take_warnings() { return {}; }

  // Becomes readable when poll() has something to do; -1: no record can arrive.
  virtual int event_fd() const { return -1; }
};

// Loads an Artifact into the kernel. Reads the Plan from it.
struct KernelSessionOptions {
  int32_t target_pid = 0;
  bool verbose = false;
  bool show_verifier_log = false;  // -d verifier
  bool show_libbpf = false;        // -d libbpf
  RunMode mode = RunMode::Trace;   // tests and benchmarks are loaded in their own mode only
  // Maps of the script are taken from there, or left there for others. Borrowed; may be null.
  SharedMaps* shared_maps = nullptr;
  // Processes that dw_ustack() unwinds, besides the target and those that they make.
  std::vector<int32_t> unwound_processes;
  std::string child_program;  // what the target is going to execute; empty: it runs already
};
class KernelInfo;
Result<std::unique_ptr<Session>> make_kernel_session(const std::string& artifact, const Plan& plan,
                                                     const KernelSessionOptions& options, KernelInfo& kernel);

// The Plan in an Artifact's section `.tracer`; fails on bytes that are no Artifact.
Result<Plan> read_plan(const std::string& artifact);

}  // namespace tracer

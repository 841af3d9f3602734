// How each provider's programs are loaded and attached. Used by the kernel session; knows
// nothing of scripts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "plan/plan.h"

struct bpf_link;
struct bpf_program;

namespace tracer {

class KernelInfo;

// Owns what holds one attachment; released when destroyed (and by the kernel when the process
// dies).
class BpfLink {
 public:
  BpfLink() = default;
  // `watched`: the address of a watchpoint.
  explicit BpfLink(bpf_link* link, uint64_t watched = 0) : link_(link), watched_(watched) {}
  // Of a kind that libbpf does not know.
  explicit BpfLink(UniqueFd link) : own_(std::move(link)) {}
  BpfLink(BpfLink&& other) noexcept
      : link_(std::exchange(other.link_, nullptr)), own_(std::move(other.own_)), watched_(other.watched_) {}
  BpfLink& operator=(BpfLink&& other) noexcept;
  ~BpfLink();

  uint64_t watched() const { return watched_; }
  bpf_link* get() const { return link_; }  // null for what libbpf does not know
  int fd() const;                          // -1: none
  explicit operator bool() const { return link_ || own_; }

 private:
  bpf_link* link_ = nullptr;
  UniqueFd own_;
  uint64_t watched_ = 0;
};

struct AttachOptions {
  int32_t target_pid = 0;  // -p or the child of -c; 0: none
  // Told after each attachment how many there are; false: the user wants to stop.
  std::function<bool(size_t attached)> go_on;
  std::vector<int> cpus;     // probes that fire on every CPU: on these only; empty: on all that are online
  int32_t iterated_pid = 0;  // -p: iterators over tasks walk over this process only; 0: over all
};

// Teaches libbpf the sections whose attach targets we look up ourselves. To be called before an object
// is opened; without it libbpf reads the kernel's BTF once more for fentry and fexit.
void install_section_handlers();

// Before loading: program type, expected attach type, BTF target. Does not need the object to
// be loaded.
Result<void> prepare_program(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel);

// After loading. Appends one link per attachment (one for all with a multi link). `attached`
// counts targets. With `missing` Warn or Ignore, targets that fail are left out and named in
// `skipped`. Those that a wildcard found among others are left out in any case, and named in `left_out`.
Result<void> attach_program(bpf_program* program, const ProbePlan& probe, const AttachOptions& options,
                            KernelInfo& kernel, MissingProbes missing, std::vector<BpfLink>& links,
                            size_t& attached, std::vector<std::string>& skipped,
                            std::vector<std::string>& left_out);

// begin, end, self, test, bench: runs the program once in the calling process.
Result<uint32_t> run_program(bpf_program* program);

struct ProgramUse {
  uint64_t runs = 0, nanoseconds = 0;  // since the kernel counts
};
ProgramUse program_use(int program);

// The time that programs take, as the kernel itself measures it while one of these lives; where it does
// not let us ask for that, a clock that the caller's own steps between two looks add to.
class RunTimes {
 public:
  static RunTimes start();
  // So far; only differences mean something.
  uint64_t nanoseconds(bpf_program* program) const;

 private:
  UniqueFd enabled_;
};

}  // namespace tracer

#include "runtime/child_start.h"

#include <elf.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "base/files.h"

namespace tracer {

namespace {

constexpr int kSystemCallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD
constexpr int kPatienceMs = 1000;                // for a child that is to be let go

// <sys/ptrace.h> and <linux/ptrace.h> cannot be read together.
long request(long what, pid_t child, uint64_t address, uint64_t data) {
  return syscall(SYS_ptrace, what, child, address, data);
}

bool is_job_control(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

std::optional<ptrace_syscall_info> system_call(pid_t child) {
  ptrace_syscall_info info{};
  if (request(PTRACE_GET_SYSCALL_INFO, child, sizeof info, reinterpret_cast<uint64_t>(&info)) <= 0) return {};
  return info;
}

struct Start {
  uint64_t linker = 0, entry = 0;  // 0: none
};

// From what the kernel told the program at its exec.
Start start_of(pid_t child) {
  Start start;
  const auto bytes = read_file(fmt::format("/proc/{}/auxv", child));
  if (!bytes) return start;
  Elf64_auxv_t entry;
  for (size_t at = 0; at + sizeof entry <= bytes->size(); at += sizeof entry) {
    std::memcpy(&entry, bytes->data() + at, sizeof entry);
    if (entry.a_type == AT_BASE) start.linker = entry.a_un.a_val;
    if (entry.a_type == AT_ENTRY) start.entry = entry.a_un.a_val;
  }
  return start;
}

// One processor breakpoint, the first of four: nothing is written into the program's code.
#if defined(__x86_64__)
constexpr uint32_t kOurCalls = AUDIT_ARCH_X86_64;

constexpr uint64_t debug_register(size_t number) {
  return offsetof(struct user, u_debugreg) + number * sizeof(user::u_debugreg[0]);
}
bool set_breakpoint(pid_t child, uint64_t address) {
  return request(PTRACE_POKEUSR, child, debug_register(0), address) == 0 &&
         request(PTRACE_POKEUSR, child, debug_register(7), 1) == 0;
}
void remove_breakpoint(pid_t child) {
  for (const size_t number : {7, 0, 6}) request(PTRACE_POKEUSR, child, debug_register(number), 0);
}
bool at_breakpoint(pid_t child) {
  uint64_t status = 0;
  return request(PTRACE_PEEKUSR, child, debug_register(6), reinterpret_cast<uint64_t>(&status)) == 0 &&
         (status & 1) != 0;
}
#else
constexpr uint32_t kOurCalls = 0;
bool set_breakpoint(pid_t, uint64_t) { return false; }
void remove_breakpoint(pid_t) {}
bool at_breakpoint(pid_t) { return false; }
#endif

}  // namespace

std::unique_ptr<ChildStart> ChildStart::hold(pid_t child) {
  auto signals = ChildSignals::start();
  if (!signals) return nullptr;
  const uint64_t options = PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
  if (request(PTRACE_SEIZE, child, 0, options) != 0) return nullptr;
  return std::unique_ptr<ChildStart>(new ChildStart(child, std::move(*signals)));
}

ChildStart::~ChildStart() {
  if (over_ || request(PTRACE_INTERRUPT, child_, 0, 0) != 0) return;
  Stop stop;
  bool stopped = next_stop(stop);
  for (pollfd told{signals_.fd(), POLLIN, 0}; !stopped && ::poll(&told, 1, kPatienceMs) > 0;) {
    signals_.take();
    stopped = next_stop(stop);
  }
  if (stopped) let_go(stop.event == 0 && stop.signal != kSystemCallStop ? stop.signal : 0);
}

// Leaves the end of the child to who waits for it.
bool ChildStart::next_stop(Stop& stop) const {
  siginfo_t info{};
  int got;
  do {
    got = waitid(P_PID, static_cast<id_t>(child_), &info, WSTOPPED | WNOHANG | __WALL);
  } while (got != 0 && errno == EINTR);
  if (got != 0 || info.si_pid != child_) return false;
  stop = {info.si_status & 0xff, info.si_status >> 8};
  return true;
}

Result<void> ChildStart::step(const std::function<Result<void>()>& mapped) {
  signals_.take();
  for (Stop stop; !over_ && next_stop(stop);)
    if (auto done = handle(stop, mapped); !done) return done;
  return {};
}

Result<void> ChildStart::handle(const Stop& stop, const std::function<Result<void>()>& mapped) {
  if (stop.event == PTRACE_EVENT_EXEC) {
    executed_ = true;
    auto done = mapped();
    if (stop_at_entry())
      go_on(0);
    else
      let_go(0);
    return done;
  }
  if (stop.event == PTRACE_EVENT_STOP && is_job_control(stop.signal)) {
    request(PTRACE_LISTEN, child_, 0, 0);
    return {};
  }
  if (stop.event != 0) {
    go_on(0);
    return {};
  }
  if (stop.signal == kSystemCallStop) {
    auto done = has_mapped_code() ? mapped() : Result<void>();
    go_on(0);
    return done;
  }
  if (stop.signal == SIGTRAP && executed_ && at_breakpoint(child_))
    let_go(0);
  else
    go_on(stop.signal);
  return {};
}

// Without a dynamic linker all is mapped already. Where the breakpoint cannot be had, because the script
// watches as many addresses as the processor can, the child is let go at its exec.
bool ChildStart::stop_at_entry() {
  const auto info = system_call(child_);
  if (!info || info->arch != kOurCalls) return false;
  const Start start = start_of(child_);
  return start.linker != 0 && start.entry != 0 && set_breakpoint(child_, start.entry);
}

// At the beginning and at the end of a system call.
bool ChildStart::has_mapped_code() {
  const auto info = system_call(child_);
  if (!info) return false;
  if (info->op != PTRACE_SYSCALL_INFO_ENTRY) return std::exchange(maps_code_, false);
  const bool maps = info->entry.nr == SYS_mmap || info->entry.nr == SYS_mprotect;
  maps_code_ = maps && (info->entry.args[2] & PROT_EXEC) != 0;
  return false;
}

void ChildStart::go_on(int signal) {
  request(executed_ ? PTRACE_SYSCALL : PTRACE_CONT, child_, 0, static_cast<uint64_t>(signal));
}

void ChildStart::let_go(int signal) {
  if (executed_) remove_breakpoint(child_);
  request(PTRACE_DETACH, child_, 0, static_cast<uint64_t>(signal));
  over_ = true;
}

}  // namespace tracer

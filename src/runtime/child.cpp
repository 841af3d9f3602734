#include "runtime/child.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "runtime/signals.h"

namespace tracer {

namespace {

constexpr int kPatienceMs = 2000;  // between SIGTERM and SIGKILL

std::string errno_text(int code) { return std::strerror(code); }

std::unexpected<Error> no_such_command(const std::string& path, int code) {
  return fail(fmt::format("Failed to fork child: Path '{}' does not exist or is not executable ({})", path,
                          errno_text(code)));
}

// The first bytes of what may be anything: opening a pipe must not wait.
std::string head_of(const std::string& path) {
  char bytes[SELFMAG];
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const ssize_t got = file ? read(file.get(), bytes, sizeof bytes) : 0;
  return {bytes, static_cast<size_t>(std::max<ssize_t>(got, 0))};
}

// What the user can do about a file that is there and cannot be executed; empty where the reason says it.
std::string way_out(const std::string& path, int code) {
  const std::string head = head_of(path);
  const bool elf = head == ELFMAG, script = head.starts_with("#!");
  if (code == ENOENT && elf) return "the file is there; the dynamic linker that it asks for is not";
  if (code == ENOENT && script) return "the file is there; the program that its first line names is not";
  if (code == EACCES && script) return "the program that its first line names must be executable, too";
  if (code != ENOEXEC) return "";
  if (elf) return "it is damaged, or a program for another kind of processor";
  return fmt::format(
      "a script needs a first line such as `#!/bin/sh`; without one, name its interpreter: -c 'sh {}'", path);
}

std::unexpected<Error> refused_by_exec(const std::string& path, int code) {
  Error error = no_such_command(path, code).error();
  error.hint = way_out(path, code);
  return std::unexpected(std::move(error));
}

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(fmt::format("Failed to fork child: {}", errno_text(errno)));
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// In the child, between fork and exec: system calls only. The parent may have threads.
[[noreturn]] void wait_and_exec(const char* path, char* const* arguments, int gate, int report,
                                pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);  // it died before the line above
  char go;
  ssize_t got;
  do {
    got = read(gate, &go, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) _exit(0);  // the gate was closed: never to run
  reset_signals();
  execv(path, arguments);
  int code = errno;
  if (write(report, &code, sizeof code) < 0) _exit(126);
  _exit(127);
}

// Where a command is; the error says what the user typed.
Result<std::string> executable_path(const std::string& name) {
  const std::string path = name.find('/') == std::string::npos ? find_in_path(name) : name;
  if (path.empty()) return no_such_command(name, ENOENT);
  if (eaccess(path.c_str(), X_OK) != 0) return no_such_command(path, errno);
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return no_such_command(path, EISDIR);
  return path;
}

bool wait_readable(int fd, int timeout_ms) {
  pollfd waiting{fd, POLLIN, 0};
  int ready;
  do {
    ready = poll(&waiting, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

int send_signal(int pidfd, int signal) {
  return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

}  // namespace

Result<UniqueFd> open_process(pid_t pid) {
  UniqueFd fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) return fail(fmt::format("Failed to attach to pid: Unable to open pidfd ({})", errno_text(errno)));
  return fd;
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const std::string& command) {
  auto words = split_command(command);
  if (!words) return std::unexpected(words.error());
  auto path = executable_path(words->front());
  if (!path) return std::unexpected(path.error());
  auto gate = make_pipe();
  if (!gate) return std::unexpected(gate.error());
  auto report = make_pipe();
  if (!report) return std::unexpected(report.error());

  std::vector<char*> arguments;
  for (std::string& word : *words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid < 0) return fail(fmt::format("Failed to fork child: {}", errno_text(errno)));
  if (pid == 0) {
    gate->write.reset();  // its own copy would keep the gate from closing
    wait_and_exec(path->c_str(), arguments.data(), gate->read.get(), report->write.get(), parent);
  }
  std::unique_ptr<ChildProcess> child(new ChildProcess);
  child->pid_ = pid;
  child->path_ = *path;
  child->gate_ = std::move(gate->write);
  child->report_ = std::move(report->read);
  child->pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!child->pidfd_) return fail(fmt::format("Failed to fork child: {}", errno_text(errno)));
  return child;
}

ChildProcess::~ChildProcess() { terminate(); }

Result<void> ChildProcess::release(std::function<Result<void>()> mapped) {
  if (!gate_) return {};
  if (mapped) start_ = ChildStart::hold(pid_);
  mapped_ = std::move(mapped);
  char go = 1;
  // SIGPIPE: the child may have been killed while it was held.
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &before);
  ssize_t sent = write(gate_.get(), &go, 1);
  sigaction(SIGPIPE, &before, nullptr);
  gate_.reset();
  if (sent != 1) return {};  // it has ended; that ends the run like any end of it
  if (auto waited = wait_for_exec(); !waited) return waited;
  // Closed by a successful exec.
  int code = 0;
  ssize_t got;
  do {
    got = read(report_.get(), &code, sizeof code);
  } while (got < 0 && errno == EINTR);
  report_.reset();
  refused_ = got == sizeof code;
  if (refused_) return refused_by_exec(path_, code);
  return {};
}

// Stopped by a signal on its way to exec, it would wait for us while we wait for it.
Result<void> ChildProcess::wait_for_exec() {
  while (start_) {
    pollfd waiting[] = {{report_.get(), POLLIN, 0}, {start_->fd(), POLLIN, 0}};
    if (::poll(waiting, std::size(waiting), -1) < 0 && errno != EINTR) break;
    if (waiting[0].revents) break;
    if (auto followed = follow_start(); !followed) return followed;
  }
  return {};
}

Result<void> ChildProcess::follow_start() {
  if (!start_) return {};
  auto done = start_->step(mapped_);
  if (start_->over()) start_.reset();
  return done;
}

void ChildProcess::terminate() {
  start_.reset();
  gate_.reset();
  int status = 0;
  if (pid_ < 0 || finished(&status)) return;
  send_signal(pidfd_.get(), SIGTERM);
  if (!wait_readable(pidfd_.get(), kPatienceMs)) send_signal(pidfd_.get(), SIGKILL);
  while (!reaped_ && waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
}

bool ChildProcess::finished(int* status) {
  if (!reaped_ && waitpid(pid_, &status_, WNOHANG) == pid_) reaped_ = true;
  if (reaped_ && status) *status = status_;
  return reaped_;
}

}  // namespace tracer

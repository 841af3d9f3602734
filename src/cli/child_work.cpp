#include "cli/child_work.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/unique_fd.h"

namespace tracer {
namespace {

// What comes through the pipe: one of these, then what was made, or an error's text, NUL and hint.
constexpr char kDone = 'd', kFailed = 'f';

std::unexpected<Error> died(std::string_view how) {
  return fail(fmt::format("the compiler died: {}", how), "write it as several smaller clauses");
}

std::string message(const Result<std::string>& made) {
  if (made) return kDone + *made;
  return kFailed + made.error().text + '\0' + made.error().hint;
}

// One that was not sent to its end has no kind, or no NUL.
Result<std::string> from_message(std::string_view message) {
  if (message.starts_with(kDone)) return std::string(message.substr(1));
  const size_t end = message.find('\0');
  if (!message.starts_with(kFailed) || end == message.npos) return died("it ended early");
  return fail(std::string(message.substr(1, end - 1)), std::string(message.substr(end + 1)));
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
}

[[noreturn]] void run_child(const std::function<Result<std::string>()>& work, int out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const Result<std::string> made = work();
  std::fflush(nullptr);
  write_all(out, message(made));
  ::_exit(0);
}

// False: the work is to end.
bool read_all(int fd, const WaitForWork& wait, std::string& bytes) {
  std::array<char, 1 << 16> buffer;
  while (wait(fd)) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    bytes.append(buffer.data(), static_cast<size_t>(got));
  }
  return false;
}

}  // namespace

Result<std::string> work_in_child(const std::function<Result<std::string>()>& work, const WaitForWork& wait) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(fmt::format("no pipe can be made: {}", strerror(errno)));
  UniqueFd in(ends[0]), out(ends[1]);
  std::fflush(nullptr);  // what stands in buffers would be written twice
  const pid_t child = ::fork();
  if (child < 0) return fail(fmt::format("no process can be made: {}", strerror(errno)));
  if (child == 0) run_child(work, out.get());
  out.reset();

  std::string bytes;
  const bool whole = read_all(in.get(), wait, bytes);
  if (!whole) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) return fail("interrupted while compiling");
  if (WIFSIGNALED(status)) return died(strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return died("it gave up");
  return from_message(bytes);
}

}  // namespace tracer

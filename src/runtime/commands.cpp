#include "runtime/commands.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "runtime/signals.h"

namespace tracer {

namespace {

std::string read_up_to(int fd, size_t limit) {
  std::string text;
  char piece[4096];
  while (text.size() < limit) {
    ssize_t got = read(fd, piece, std::min(sizeof piece, limit - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(piece, static_cast<size_t>(got));
  }
  return text;
}

// Stdout and stderr of the shell go into one pipe.
pid_t start_shell(const std::string& command, UniqueFd& output) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  output.reset(ends[0]);
  UniqueFd write_end(ends[1]);
  pid_t pid = fork();
  if (pid != 0) return pid;
  reset_signals();
  dup2(write_end.get(), STDOUT_FILENO);
  dup2(write_end.get(), STDERR_FILENO);
  execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

void cat_file(const std::string& path, uint32_t limit, Output& output) {
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    output.error(fmt::format("failed to open file '{}' ({})", path, std::strerror(errno)));
    return;
  }
  output.text("cat", read_up_to(file.get(), limit));
}

void run_command(const std::string& command, Output& output) {
  output.flush();
  UniqueFd result;
  pid_t pid = start_shell(command, result);
  if (pid < 0) {
    output.error(fmt::format("the command could not be started: {}", std::strerror(errno)));
    return;
  }
  std::string text = read_up_to(result.get(), SIZE_MAX);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  output.text("syscall", text + "\n");
  if (int code = exit_code(status); code != 0) {
    output.error(fmt::format("command exited with code {}", code));
  }
}

}  // namespace tracer

#include "base/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "base/unique_fd.h"

extern char** environ;

namespace tracer {
namespace {

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got > 0) text.append(buffer, static_cast<size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) return text;
  }
}

}  // namespace

Result<ProgramResult> run_program(const std::vector<std::string>& argv) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(std::string("cannot make a pipe: ") + std::strerror(errno));
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, argv[0].c_str(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail("cannot run " + argv[0] + ": " + std::strerror(error));

  write_end = UniqueFd();  // so that the end is seen when the program has closed its own
  ProgramResult result;
  result.errors = read_all(read_end.get());
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

std::string find_program(const std::vector<std::string>& names) {
  const char* path = ::getenv("PATH");
  if (!path) return {};
  for (const std::string& name : names) {
    for (const std::string_view folder : split(path, ':')) {
      if (folder.empty()) continue;
      std::string file = std::string(folder) + "/" + name;
      if (::eaccess(file.c_str(), X_OK) == 0) return file;
    }
  }
  return {};
}

Result<TemporaryFolder> TemporaryFolder::make() {
  const char* base = ::getenv("TMPDIR");
  std::string path = std::string(base && *base ? base : "/tmp") + "/tracer-XXXXXX";
  if (!::mkdtemp(path.data())) return fail("cannot make the folder " + path + ": " + std::strerror(errno));
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace tracer

#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tracer {

// The command of -c. It exists from the start, held just before exec, so that its pid is known to
// the compiler and nothing that it does is missed; release() lets it go. Killed when destroyed
// (SIGTERM, then SIGKILL) and when tracer dies.
class ChildProcess {
 public:
  // Splits the command as a POSIX shell splits words (quotes, backslashes), without expansions.
  static Result<std::unique_ptr<ChildProcess>> start(const std::string& command);
  ~ChildProcess();
  pid_t pid() const { return pid_; }
  const std::string& path() const { return path_; }
  // Readable when it has ended.
  int pidfd() const { return pidfd_.get(); }
  // Fails when the command cannot be executed.
  Result<void> release();
  void terminate();
  // Reaps; status as waitpid gives it.
  bool finished(int* status);

 private:
  ChildProcess() = default;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd gate_;    // writing lets it go
  UniqueFd report_;  // gets the error number when exec fails
  std::string path_;
  bool reaped_ = false;
  int status_ = 0;
};

// The process of -p, by a descriptor that becomes readable when it ends.
Result<UniqueFd> open_process(pid_t pid);

// Words of a command; fails on an unclosed quote or an empty command.
Result<std::vector<std::string>> split_command(std::string_view command);

}  // namespace tracer

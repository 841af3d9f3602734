#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/child_start.h"

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
  // Fails when the command cannot be executed. With `mapped` the child goes on by follow_start() from its
  // exec to the first instruction of the program itself, and `mapped` is called while it is stopped, having
  // mapped code. Where the system does not let us stop processes, it goes on by itself.
  Result<void> release(std::function<Result<void>()> mapped = {});
  // Readable when follow_start() has something to do; -1: never.
  int start_fd() const { return start_ ? start_->fd() : -1; }
  Result<void> follow_start();
  // Whether release() failed because the command cannot be executed.
  bool refused() const { return refused_; }
  void terminate();
  // Reaps; status as waitpid gives it.
  bool finished(int* status);

 private:
  ChildProcess() = default;
  Result<void> wait_for_exec();
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd gate_;    // writing lets it go
  UniqueFd report_;  // gets the error number when exec fails
  std::unique_ptr<ChildStart> start_;
  std::function<Result<void>()> mapped_;
  std::string path_;
  bool reaped_ = false;
  bool refused_ = false;
  int status_ = 0;
};

// The process of -p, by a descriptor that becomes readable when it ends.
Result<UniqueFd> open_process(pid_t pid);

// Words of a command; fails on an unclosed quote or an empty command.
Result<std::vector<std::string>> split_command(std::string_view command);

}  // namespace tracer

// Running another program to its end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tracer {

struct ProgramResult {
  int status = 0;      // what it exited with; 128 + signal when it was killed
  std::string errors;  // its stderr
};
// `argv[0]` is the file to execute. stdin and stdout are /dev/null.
Result<ProgramResult> run_program(const std::vector<std::string>& argv);

// The first of these names that is an executable file in a folder of PATH; empty when none is.
std::string find_program(const std::vector<std::string>& names);

// A folder of its own below the system's temporary one, removed with what is in it.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace tracer

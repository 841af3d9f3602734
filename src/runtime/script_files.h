// Files that a script appends to.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "runtime/output.h"

namespace tracer {

class ScriptFiles {
 public:
  // Opened at the first use and written at once. What fails is said once for each file.
  void append(const std::string& path, std::string_view text, Output& output);

 private:
  struct File {
    UniqueFd fd;
    bool failed = false;
  };
  static File open_file(const std::string& path, Output& output);

  std::map<std::string, File> files_;
};

}  // namespace tracer

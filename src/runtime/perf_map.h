// Names that virtual machines give the code they make: /tmp/perf-PID.map, lines of start, size and name. The
// file grows while its process runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace tracer {

class PerfMap {
 public:
  // Nothing but a plain file is opened.
  bool open(const std::string& path);
  bool is_open() const { return static_cast<bool>(file_); }

  struct Name {
    std::string_view name;  // empty: unknown
    uint64_t offset = 0;
  };
  // Valid until the next call.
  Name find(uint64_t address);

 private:
  struct Range {
    uint64_t start, size;
    std::string name;
  };
  Name known(uint64_t address) const;
  bool read_more();
  void add_line(std::string_view line);

  UniqueFd file_;
  uint64_t read_to_ = 0;       // of the file
  std::string unfinished_;     // a line of which the end is not written yet
  std::vector<Range> ranges_;  // by start; of several for one start the last that was written counts
};

}  // namespace tracer

// Names that virtual machines give the code they make: /tmp/perf-PID.map, lines of start, size and name.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

class PerfMap {
 public:
  // Of a process as it sees /tmp; empty when there is none.
  static PerfMap read(const std::string& proc, pid_t process);

  struct Name {
    std::string_view name;  // empty: unknown
    uint64_t offset = 0;
  };
  Name find(uint64_t address) const;

 private:
  struct Range {
    uint64_t start, size;
    std::string name;
  };
  std::vector<Range> ranges_;  // by start; of several for one start the last that was written counts
};

}  // namespace tracer

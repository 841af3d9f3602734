// CPUs that are there, which can change while programs are attached to each of them.
#pragma once

#include <string_view>
#include <vector>

namespace tracer {

// Numbers of the kernel's list of CPUs: `0-3,8`. What is no number is left out.
std::vector<int> parse_cpu_list(std::string_view text);
std::vector<int> online_cpus();

class CpuWatch {
 public:
  struct Change {
    std::vector<int> arrived, gone;
  };
  // Since the last call, the first of which says nothing.
  Change look();

 private:
  std::vector<int> seen_;
};

}  // namespace tracer

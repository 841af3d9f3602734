#include "probes/online_cpus.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/files.h"
#include "base/text.h"

namespace tracer {

std::vector<int> parse_cpu_list(std::string_view text) {
  constexpr int kMaxCpus = 65536;
  std::vector<int> cpus;
  for (std::string_view range : split(text, ',')) {
    int first = 0, last = 0;
    const char* end = range.data() + range.size();
    auto [at, error] = std::from_chars(range.data(), end, first);
    if (error != std::errc()) continue;
    last = first;
    if (at != end && *at == '-') std::from_chars(at + 1, end, last);
    for (int cpu = first; cpu <= last && cpu < kMaxCpus; cpu++) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<int> online_cpus() {
  auto text = read_file("/sys/devices/system/cpu/online");
  std::vector<int> cpus = text ? parse_cpu_list(trim(*text)) : std::vector<int>();
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

CpuWatch::Change CpuWatch::look() {
  std::vector<int> now = online_cpus();
  std::vector<int> before = std::exchange(seen_, now);
  Change change;
  if (before.empty()) return change;
  std::ranges::set_difference(now, before, std::back_inserter(change.arrived));
  std::ranges::set_difference(before, now, std::back_inserter(change.gone));
  return change;
}

}  // namespace tracer

#include "runtime/perf_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "base/files.h"
#include "base/text.h"

namespace tracer {

namespace {

// A process in a PID namespace of its own names the file by the number it has there: the last one.
std::string innermost_pid(const std::string& proc, pid_t process) {
  auto status = read_file(fmt::format("{}/{}/status", proc, process));
  if (status)
    for (std::string_view line : split(*status, '\n'))
      if (line.starts_with("NSpid:")) return std::string(trim(line.substr(line.find_last_of("\t "))));
  return std::to_string(process);
}

}  // namespace

PerfMap PerfMap::read(const std::string& proc, pid_t process) {
  PerfMap map;
  auto text =
      read_file(fmt::format("{}/{}/root/tmp/perf-{}.map", proc, process, innermost_pid(proc, process)));
  if (!text) return map;
  for (std::string_view line : split(*text, '\n')) {
    Range range{};
    int name = 0;
    const std::string copy(line);
    if (std::sscanf(copy.c_str(), "%" SCNx64 " %" SCNx64 " %n", &range.start, &range.size, &name) < 2)
      continue;
    if (name == 0) continue;
    range.name = copy.substr(static_cast<size_t>(name));
    map.ranges_.push_back(std::move(range));
  }
  std::stable_sort(map.ranges_.begin(), map.ranges_.end(),
                   [](const Range& a, const Range& b) { return a.start < b.start; });
  return map;
}

PerfMap::Name PerfMap::find(uint64_t address) const {
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                [](uint64_t value, const Range& range) { return value < range.start; });
  if (after == ranges_.begin()) return {};
  const Range& found = *std::prev(after);
  if (address - found.start >= found.size) return {};
  return {found.name, address - found.start};
}

}  // namespace tracer

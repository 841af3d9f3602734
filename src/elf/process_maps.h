// What a process has mapped, from /proc/PID/maps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

// One range of addresses that can be executed.
struct Mapping {
  uint64_t start = 0, end = 0;
  uint64_t offset = 0;  // of `start` in the file
  uint64_t device = 0, inode = 0;
  std::string path;  // empty: memory of the process itself; `[vdso]`
};

// Ranges in order of addresses; lines that cannot be read are left out.
std::vector<Mapping> parse_maps(std::string_view text);

// The range that an address is in; null when there is none.
const Mapping* find_mapping(const std::vector<Mapping>& mappings, uint64_t address);

}  // namespace tracer

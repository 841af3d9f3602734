#include "elf/process_maps.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "base/text.h"

namespace tracer {

namespace {

// `7f12-7f34 r-xp 00001000 fe:01 1234   /lib/x.so`
bool parse_line(const std::string& line, Mapping& mapping) {
  char rights[5] = "";
  unsigned major = 0, minor = 0;
  int path = 0;
  int read = std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n",
                         &mapping.start, &mapping.end, rights, &mapping.offset, &major, &minor,
                         &mapping.inode, &path);
  if (read < 7 || mapping.end <= mapping.start || rights[2] != 'x') return false;
  mapping.device = uint64_t{major} << 32 | minor;
  mapping.path = path > 0 ? line.substr(static_cast<size_t>(path)) : "";
  return true;
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view text) {
  std::vector<Mapping> mappings;
  for (std::string_view line : split(text, '\n')) {
    Mapping mapping;
    if (parse_line(std::string(line), mapping)) mappings.push_back(std::move(mapping));
  }
  std::sort(mappings.begin(), mappings.end(),
            [](const Mapping& a, const Mapping& b) { return a.start < b.start; });
  return mappings;
}

const Mapping* find_mapping(const std::vector<Mapping>& mappings, uint64_t address) {
  auto after = std::upper_bound(mappings.begin(), mappings.end(), address,
                                [](uint64_t value, const Mapping& each) { return value < each.start; });
  if (after == mappings.begin()) return nullptr;
  const Mapping& found = *std::prev(after);
  return address < found.end ? &found : nullptr;
}

}  // namespace tracer

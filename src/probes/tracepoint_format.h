// The kernel's description of an event: `events/CATEGORY/EVENT/format` in tracefs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

struct TracepointField {
  std::string declaration;  // as written: `char comm[16]`
  std::string type;         // `unsigned long`, `const char *`, `char`
  std::string name;
  uint32_t offset = 0;
  uint32_t size = 0;  // bytes, of all elements
  bool is_signed = false;
  bool is_array = false;
  bool data_location = false;      // __data_loc: the field says where the data is
  bool relative_location = false;  // __rel_loc: the same, counted from the field's end
};

// Fields that the event declares, without the common_* ones and those of kinds that are not known.
std::vector<TracepointField> parse_tracepoint_format(std::string_view text);

}  // namespace tracer

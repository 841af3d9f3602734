// Pieces of JSON lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tracer {

// `text` in quotes and escaped; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

// A number, or a string of it when a double cannot hold it exactly.
void append_json_number(std::string& out, uint64_t value);
void append_json_number(std::string& out, int64_t value);

}  // namespace tracer

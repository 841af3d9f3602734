#include "runtime/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace tracer {

namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

bool is_exact(uint64_t value) {
  auto number = static_cast<double>(value);
  return number < kTwoTo64 && static_cast<uint64_t>(number) == value;
}

bool is_exact(int64_t value) {
  auto number = static_cast<double>(value);
  return number < kTwoTo63 && static_cast<int64_t>(number) == value;
}

bool stands_for_itself(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

template <typename Integer>
void append_number(std::string& out, Integer value) {
  const char* quote = is_exact(value) ? "" : "\"";
  fmt::format_to(std::back_inserter(out), "{}{}{}", quote, value, quote);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (std::ranges::all_of(text, stands_for_itself)) {
    out += text;
    out += '"';
    return;
  }
  for (char c : valid_utf8(text)) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void append_json_number(std::string& out, uint64_t value) { append_number(out, value); }
void append_json_number(std::string& out, int64_t value) { append_number(out, value); }

}  // namespace tracer

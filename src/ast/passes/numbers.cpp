#include "ast/passes/numbers.h"

#include <cctype>

#include "base/text.h"

namespace tracer::ast {
namespace {

// Strips a C suffix (`10ul`); false when what is left cannot be a number.
bool strip_suffix(std::string_view& text) {
  size_t digits = text.size();
  while (digits > 0 && (text[digits - 1] == 'u' || text[digits - 1] == 'U' || text[digits - 1] == 'l' ||
                        text[digits - 1] == 'L')) {
    --digits;
  }
  if (text.size() - digits > 3) return false;
  text = text.substr(0, digits);
  return !text.empty();
}

std::optional<uint64_t> parse_digits(std::string_view text, unsigned base) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (std::isxdigit(static_cast<unsigned char>(c)) != 0) {
      digit = static_cast<unsigned>(std::tolower(static_cast<unsigned char>(c)) - 'a' + 10);
    } else {
      return std::nullopt;
    }
    if (digit >= base) return std::nullopt;
    if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

// `3e6`: one digit, then an exponent.
std::optional<uint64_t> parse_scientific(std::string_view text) {
  if (text.size() < 3 || text[0] < '1' || text[0] > '9' || (text[1] != 'e' && text[1] != 'E'))
    return std::nullopt;
  const auto exponent = parse_digits(text.substr(2), 10);
  if (!exponent || *exponent > 19) return std::nullopt;
  uint64_t value = static_cast<uint64_t>(text[0] - '0');
  for (uint64_t i = 0; i < *exponent; ++i) {
    if (__builtin_mul_overflow(value, 10, &value)) return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<uint64_t> parse_number(std::string_view text) {
  if (auto value = parse_scientific(text)) return value;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (!strip_suffix(text)) return std::nullopt;
  if (hex) return parse_digits(text.substr(2), 16);
  if (text.size() > 1 && text[0] == '0') return parse_digits(text.substr(1), 8);
  return parse_digits(text, 10);
}

std::optional<bool> parse_bool(std::string_view text) {
  const std::string word = lower(text);
  for (const char* yes : {"1", "true", "on", "yes"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"0", "false", "off", "no"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

}  // namespace tracer::ast

#include "probes/number.h"

#include <charconv>
#include <string>

namespace tracer {
namespace {

std::optional<uint64_t> digits(std::string_view text, int base) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<uint64_t> scientific(char mantissa, std::string_view exponent) {
  auto power = digits(exponent, 10);
  if (!power || *power > 19 || exponent[0] == '0' || mantissa < '1' || mantissa > '9') return {};
  uint64_t value = static_cast<uint64_t>(mantissa - '0');
  for (uint64_t i = 0; i < *power; i++)
    if (__builtin_mul_overflow(value, uint64_t{10}, &value)) return {};
  return value;
}

}  // namespace

std::optional<uint64_t> parse_number(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '9' || text.back() == '_') return {};
  std::string plain;
  for (char c : text)
    if (c != '_') plain += c;
  if (plain.starts_with("0x") || plain.starts_with("0X"))
    return digits(std::string_view(plain).substr(2), 16);
  if (plain.size() > 2 && plain[1] == 'e') return scientific(plain[0], std::string_view(plain).substr(2));
  return digits(plain, plain.size() > 1 && plain[0] == '0' ? 8 : 10);
}

}  // namespace tracer

#include "parser/literals.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace tracer::syntax {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct Unit {
  std::string_view suffix;
  uint64_t nanoseconds;
};
constexpr Unit kUnits[] = {{"ns", 1},
                           {"us", 1'000},
                           {"ms", 1'000'000},
                           {"s", 1'000'000'000},
                           {"m", 60'000'000'000},
                           {"h", 3'600'000'000'000},
                           {"d", 86'400'000'000'000}};

struct CSuffix {
  std::string_view suffix;  // lower case
  uint64_t largest;
  const char* range;
};
constexpr CSuffix kCSuffixes[] = {{"u", UINT32_MAX, "32 unsigned bits"},
                                  {"ul", UINT64_MAX, "64 unsigned bits"},
                                  {"ull", UINT64_MAX, "64 unsigned bits"},
                                  {"l", INT64_MAX, "64 signed bits"},
                                  {"ll", INT64_MAX, "64 signed bits"}};

// One number being decoded: digits, then perhaps a suffix.
class NumberDecoder {
 public:
  NumberDecoder(std::string_view text, Span span, Reporter& reporter)
      : text_(text), span_(span), reporter_(reporter) {}

  Number decode() {
    if (text_.ends_with('_')) return wrong(reporter_.report(span_, diag::number_underscore, text_));
    if (text_.size() > 1 && text_[0] == '0') {
      char second = text_[1];
      if (second == 'x' || second == 'X') return hexadecimal();
      if (second == 'b' || second == 'B') return binary();
      return octal();
    }
    return decimal();
  }

 private:
  static Number wrong(Diagnostic& diagnostic, std::string hint = {}) {
    diagnostic.hint(std::move(hint));
    return {};
  }
  Number too_large() { return wrong(reporter_.report(span_, diag::number_too_large, text_)); }

  // Digits of a base from `at` on; none when the value is above 64 bits.
  std::optional<uint64_t> digits(unsigned base, size_t& at) const {
    uint64_t value = 0;
    bool overflow = false;
    for (; at < text_.size(); ++at) {
      if (text_[at] == '_') continue;
      int digit = hex_value(text_[at]);
      if (digit < 0 || digit >= static_cast<int>(base)) break;
      overflow |= __builtin_mul_overflow(value, base, &value);
      overflow |= __builtin_add_overflow(value, static_cast<unsigned>(digit), &value);
    }
    if (overflow) return {};
    return value;
  }

  Number hexadecimal() {
    size_t at = 2;
    auto value = digits(16, at);
    if (at == 2) return wrong(reporter_.report(span_, diag::number_hex_digits, text_));
    return value ? with_c_suffix(*value, at) : too_large();
  }

  Number binary() {
    return wrong(reporter_.report(span_, diag::number_binary, text_), "write it in hexadecimal: `0x...`");
  }

  Number octal() {
    size_t at = 1;
    auto value = digits(8, at);
    if (at < text_.size() && is_digit(text_[at])) {
      return wrong(reporter_.report(span_, diag::number_octal_digit, text_[at], text_),
                   "a leading 0 makes a number octal");
    }
    return value ? with_any_suffix(*value, at) : too_large();
  }

  Number decimal() {
    size_t at = 0;
    auto value = digits(10, at);
    bool exponent = at + 1 < text_.size() && lower(text_.substr(at, 1)) == "e" && is_digit(text_[at + 1]);
    if (exponent) return scientific(at);
    return value ? with_any_suffix(*value, at) : too_large();
  }

  Number scientific(size_t at) {
    size_t mantissa_end = at++;
    bool leading_zero = text_[at] == '0' && at + 1 < text_.size() && is_digit(text_[at + 1]);
    if (mantissa_end != 1 || text_[0] == '0' || leading_zero) {
      return wrong(reporter_.report(span_, diag::number_exponent, text_),
                   "write one digit from 1 to 9, `e`, and an exponent without leading 0, such as `3e6`");
    }
    auto exponent = digits(10, at);
    uint64_t value = static_cast<uint64_t>(text_[0] - '0');
    if (!exponent || *exponent > 19) return too_large();
    for (uint64_t i = 0; i < *exponent; ++i) {
      if (__builtin_mul_overflow(value, 10u, &value)) return too_large();
    }
    return with_c_suffix(value, at);
  }

  Number with_any_suffix(uint64_t value, size_t at) {
    for (const Unit& unit : kUnits) {
      if (text_.substr(at) != unit.suffix) continue;
      if (__builtin_mul_overflow(value, unit.nanoseconds, &value)) return too_large();
      return {value, true};
    }
    return with_c_suffix(value, at);
  }

  Number with_c_suffix(uint64_t value, size_t at) {
    std::string_view suffix = text_.substr(at);
    if (suffix.empty()) return {value, false};
    for (const CSuffix& known : kCSuffixes) {
      if (lower(suffix) != known.suffix) continue;
      if (value <= known.largest) return {value, false};
      return wrong(reporter_.report(span_, diag::number_suffix_range, text_, known.range));
    }
    Span place{span_.source, span_.begin + static_cast<uint32_t>(at), span_.end};
    return wrong(reporter_.report(place, diag::number_suffix, suffix, text_),
                 "suffixes are `u` `ul` `ull` `l` `ll`, and for durations `ns` `us` `ms` `s` `m` `h` `d`");
  }

  std::string_view text_;
  Span span_;
  Reporter& reporter_;
};

// One string being decoded, escape by escape.
class StringDecoder {
 public:
  StringDecoder(std::string_view text, Span span, Reporter& reporter)
      : text_(text), span_(span), reporter_(reporter) {}

  std::string decode() {
    for (at_ = 1; at_ < text_.size() && text_[at_] != '"';) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        escape();
      } else {
        bytes_.push_back(text_[at_++]);
      }
    }
    return std::move(bytes_);
  }

 private:
  void escape() {
    size_t start = at_++;
    char c = text_[at_++];
    constexpr std::string_view kNames = "ntr\"\\", kBytes = "\n\t\r\"\\";
    if (size_t i = kNames.find(c); i != kNames.npos) {
      bytes_.push_back(kBytes[i]);
    } else if (c >= '0' && c <= '7') {
      octal(start);
    } else if (c == 'x' || c == 'X') {
      hexadecimal(start);
    } else {
      reporter_.report(place(start), diag::bad_escape, valid_utf8(text_.substr(start, at_ - start)))
          .hint("escapes are `\\n` `\\t` `\\r` `\\\"` `\\\\`, octal `\\0` to `\\377` and `\\xhh`");
    }
  }

  void octal(size_t start) {
    unsigned value = static_cast<unsigned>(text_[at_ - 1] - '0');
    for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7'; ++i) {
      value = value * 8 + static_cast<unsigned>(text_[at_++] - '0');
    }
    if (value > 255) {
      reporter_.report(place(start), diag::octal_escape_range, text_.substr(start, at_ - start));
    }
    bytes_.push_back(static_cast<char>(value));
  }

  void hexadecimal(size_t start) {
    unsigned value = 0;
    int count = 0;
    for (; count < 2 && at_ < text_.size() && hex_value(text_[at_]) >= 0; ++count) {
      value = value * 16 + static_cast<unsigned>(hex_value(text_[at_++]));
    }
    if (count == 0) {
      reporter_.report(place(start), diag::hex_escape_digits, text_.substr(start, 2));
    }
    bytes_.push_back(static_cast<char>(value));
  }

  Span place(size_t start) const {
    return {span_.source, span_.begin + static_cast<uint32_t>(start),
            span_.begin + static_cast<uint32_t>(at_)};
  }

  std::string_view text_;
  Span span_;
  Reporter& reporter_;
  size_t at_ = 0;
  std::string bytes_;
};

}  // namespace

Number decode_number(std::string_view text, Span span, Reporter& reporter) {
  return NumberDecoder(text, span, reporter).decode();
}

std::string decode_string(std::string_view text, Span span, Reporter& reporter) {
  return StringDecoder(text, span, reporter).decode();
}

}  // namespace tracer::syntax

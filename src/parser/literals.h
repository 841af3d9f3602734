// Values of literals as written (LANGUAGE 2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "parser/reporter.h"

namespace tracer::syntax {

struct Number {
  uint64_t value = 0;
  bool duration = false;
};

// `text` begins with a digit. A literal that is wrong is reported and gives 0.
Number decode_number(std::string_view text, Span span, Reporter& reporter);

// `text` begins with `"`; a missing closing quote was reported before. Wrong escapes are reported.
std::string decode_string(std::string_view text, Span span, Reporter& reporter);

}  // namespace tracer::syntax

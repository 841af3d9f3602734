// One token as the grammar sees it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/source.h"

namespace tracer::syntax {

inline constexpr uint32_t kNoToken = 0xffffffff;

struct Token {
  int kind = 0;  // Parser::token
  Span span;
  // The innermost bracket that is open before this token, and the partner of a bracket: both
  // indices of tokens. A bracket that is never closed has no partner.
  uint32_t opener = kNoToken;
  uint32_t match = kNoToken;
  uint32_t block_depth = 0;  // open `{` and angle `<` around it
  bool in_filter = false;    // between the slashes, the closing one included
  bool synthetic = false;    // not in the text: stands for a missing bracket already reported
  bool line_start = false;   // first on its line
};

}  // namespace tracer::syntax

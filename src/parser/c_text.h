// Where pieces of the C preamble end: C text is kept as it stands and read by a C compiler later.
#pragma once

#include <cstdint>
#include <string_view>

namespace tracer::syntax {

struct CEnd {
  uint32_t end = 0;
  bool complete = true;  // false: the text ends first
};

// End of a preprocessor line that begins at `begin`: before its newline; lines continued by `\` and
// block comments belong to it.
CEnd end_of_preprocessor_line(std::string_view text, uint32_t begin);

// End of a `struct`, `union`, `enum` or `typedef` that begins at `begin`, with its attributes and
// semicolon.
CEnd end_of_c_definition(std::string_view text, uint32_t begin);

}  // namespace tracer::syntax

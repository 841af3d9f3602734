// Preambles that need no C compiler: kernel headers, whose types BTF has, constants, and the usual
// conditions around them. Most scripts have no other, and start faster so.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "btf/c_preamble.h"

namespace tracer {

struct SimplePreamble {
  std::map<std::string, std::string, std::less<>> macros;
  bool has_includes = false;
};

// Nothing when a compiler is needed. `has_btf` is asked only when that depends on it.
std::optional<SimplePreamble> read_simple_preamble(const std::vector<CPiece>& pieces,
                                                   const std::function<bool()>& has_btf);

// The replacement text of a macro as the language writes it: a character as its number.
std::string expression_text(std::string_view text);

}  // namespace tracer

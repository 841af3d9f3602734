// What follows the provider in a pattern for listings.
#pragma once

#include <string_view>

namespace tracer {

// `GROUP:NAME` or `NAME`; what is left out is `*`.
struct ListPattern {
  std::string_view group = "*";  // module, category, id
  std::string_view name = "*";
  bool has_group = false;

  explicit ListPattern(std::string_view pattern) {
    const size_t colon = pattern.find(':');
    has_group = colon != std::string_view::npos;
    if (has_group) group = pattern.substr(0, colon);
    const std::string_view rest = has_group ? pattern.substr(colon + 1) : pattern;
    if (!rest.empty()) name = rest;
  }
};

}  // namespace tracer

#pragma once

#include <string>
#include <string_view>

namespace tracer {

// A record as values are shown, `{ .a = 1, .b = { .c = 2 } }`: one field a line, indented, records inside
// left as `{ ... }`. Anything else comes back as it is.
std::string one_level(std::string_view value, std::string_view indent);

}  // namespace tracer

#pragma once

#include <string>
#include <string_view>

namespace tracer {

// What COLOR and NO_COLOR ask for (LANGUAGE 9.2): `always`, `never`, or `auto`, which is colour when standard
// output and standard error are terminals. NO_COLOR turns off what COLOR does not ask for.
bool wants_colour();

// A message for standard error, with `ERROR:` and its like in colour when that is wanted.
std::string coloured_message(std::string_view message);

}  // namespace tracer

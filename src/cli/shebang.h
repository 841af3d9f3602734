// What the first line of an executable script hands to the command.
#pragma once

#include <string>
#include <vector>

namespace tracer {

// The kernel gives all that follows the interpreter's name in `#!/usr/bin/tracer -q -B none` as one argument,
// before the script's name. Here it is taken apart at its blanks; other command lines stay as they are.
std::vector<std::string> split_shebang(int argc, const char* const* argv);

}  // namespace tracer

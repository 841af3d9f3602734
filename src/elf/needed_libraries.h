#pragma once

#include <string>
#include <vector>

namespace tracer {

// Files that the dynamic linker will map for a program of ours before it runs: the linker itself, the
// libraries, and theirs. Those that are not found are left out; the linker will say so itself.
std::vector<std::string> needed_libraries(const std::string& program);

}  // namespace tracer

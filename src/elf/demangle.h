#pragma once

#include <string>
#include <string_view>

namespace tracer {

// The name as the C++ or Rust source has it; the name itself when it is not mangled.
std::string demangle(std::string_view name);

}  // namespace tracer

#pragma once

#include <string>
#include <string_view>

namespace tracer {

// Looks like a name that demangle() has another one for.
inline bool is_mangled(std::string_view name) { return name.starts_with("_Z") || name.starts_with("_R"); }

// The name as the C++ or Rust source has it; the name itself when it is not mangled.
std::string demangle(std::string_view name);

}  // namespace tracer

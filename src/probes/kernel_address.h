#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tracer {

// Address of a symbol of the running kernel, from its own table. Says why when there is none: the name
// is unknown, or addresses are hidden from this user.
Result<uint64_t> kernel_symbol_address(std::string_view name, const char* path = "/proc/kallsyms");

}  // namespace tracer

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tracer {

// Address of a symbol of the running kernel, from its own table. Says why when there is none: the name
// is unknown, or addresses are hidden from this user.
Result<uint64_t> kernel_symbol_address(std::string_view name, const char* path = "/proc/kallsyms");

// Where all functions of that name begin, in `module` only unless it is empty. Empty: none, or hidden.
std::vector<uint64_t> kernel_functions_named(std::string_view name, std::string_view module,
                                             const char* path = "/proc/kallsyms");

}  // namespace tracer

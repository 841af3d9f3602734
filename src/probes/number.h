#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tracer {

// An integer as attach points write it: decimal with `_`, hexadecimal, octal, `3e6`
// (LANGUAGE 2, without suffixes). None for anything else and beyond 64 bits.
std::optional<uint64_t> parse_number(std::string_view text);

}  // namespace tracer

// Numbers and booleans as people write them on the command line and in settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tracer::ast {

// Every form of an integer literal, without sign (LANGUAGE 2).
std::optional<uint64_t> parse_number(std::string_view text);
// `1 true on yes`, `0 false off no`, in any case.
std::optional<bool> parse_bool(std::string_view text);

}  // namespace tracer::ast

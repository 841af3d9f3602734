// Libraries inside zip archives, as Android's loader maps them: stored, not compressed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tracer {

// Where the bytes of an entry begin in the archive; none when there is no such entry, or it is compressed.
std::optional<uint64_t> stored_entry(const std::string& archive, std::string_view entry);

}  // namespace tracer

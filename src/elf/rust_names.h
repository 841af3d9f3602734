// Names as Rust's newer scheme writes them into symbol tables (`_R...`, RFC 2603).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tracer {

// Paths as in the source, without the hashes of crates; nothing for what is no such name.
std::optional<std::string> demangle_rust(std::string_view symbol);

}  // namespace tracer

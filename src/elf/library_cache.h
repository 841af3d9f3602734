// What the dynamic linker knows of libraries: /etc/ld.so.cache.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tracer {

struct Library {
  std::string name;  // `libc.so.6`
  std::string path;
};

// Libraries for this machine's own programs, in the cache's order. Nothing for bytes that are no cache.
std::vector<Library> parse_library_cache(std::string_view bytes);

// True when `name` can mean the library: the same, or without version (`libc`, `libc.so`).
bool is_library_name(std::string_view name, std::string_view library);

}  // namespace tracer

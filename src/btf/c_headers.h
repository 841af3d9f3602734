// Where the headers of a C preamble come from (LANGUAGE 1.6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tracer {

struct CHeaderOptions {
  std::vector<std::string> include_dirs;   // -I
  std::vector<std::string> include_files;  // --include
};

struct BuiltInHeader {
  std::string path;
  std::string_view text;
};

// Small headers that need no system: those of the compiler, and what kernel headers begin with.
const std::vector<BuiltInHeader>& built_in_headers();

// True for `linux/fs.h` and its like: headers of the kernel, whose types BTF has too.
bool is_kernel_header(std::string_view path);
// The path in `#include <path>`; empty when the line is no such line.
std::string_view angle_include(std::string_view line);

// Arguments for clang. `with_btf`: the kernel's types come from BTF, so its headers are not looked for.
std::vector<std::string> clang_arguments(const CHeaderOptions& options, bool with_btf);

}  // namespace tracer

#include "elf/demangle.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "elf/rust_names.h"

namespace tracer {

namespace {

// Rust's older scheme is that of C++ with a hash as last part: `::h` and 16 digits.
std::string without_hash(std::string name) {
  constexpr size_t kHash = 19;
  if (name.size() <= kHash) return name;
  const std::string_view end = std::string_view(name).substr(name.size() - kHash);
  if (!end.starts_with("::h") || end.find_first_not_of("0123456789abcdef", 3) != std::string_view::npos)
    return name;
  name.resize(name.size() - kHash);
  return name;
}

}  // namespace

std::string demangle(std::string_view name) {
  if (auto rust = demangle_rust(name)) return std::move(*rust);
  std::string text(name);
  if (!name.starts_with("_Z")) return text;
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> made(
      abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && made ? without_hash(made.get()) : text;
}

}  // namespace tracer

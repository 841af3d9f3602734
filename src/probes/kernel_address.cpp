#include "probes/kernel_address.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

namespace tracer {
namespace {

struct Symbol {
  uint64_t address = 0;  // 0: hidden from this user
  char type = 0;         // as nm(1) writes it
  std::string_view module;
};

// Calls `take` for each symbol of that name until it returns false; false when the table cannot be read.
// Lines are `ffffffff81000000 T _text`, with `[module]` after those of modules. A symbol of the kernel
// itself comes before those of modules.
bool each_symbol(std::string_view name, const char* path, const std::function<bool(const Symbol&)>& take) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(::fopen(path, "re"), ::fclose);
  if (!file) return false;
  char* line = nullptr;
  size_t room = 0;
  for (;;) {
    const ssize_t length = ::getline(&line, &room, file.get());
    if (length < 0) break;
    std::string_view text(line, static_cast<size_t>(length));
    const size_t begin = text.find(' ');
    if (begin == text.npos || begin + 3 > text.size()) continue;
    const std::string_view rest = text.substr(begin + 3);
    const size_t end = std::min(rest.find_first_of("\t\n "), rest.size());
    if (rest.substr(0, end) != name) continue;
    std::string_view module = rest.substr(end);
    const size_t open = module.find('['), close = module.find(']');
    module = open < close && close != module.npos ? module.substr(open + 1, close - open - 1) : "";
    if (!take({std::strtoull(line, nullptr, 16), text[begin + 1], module})) break;
  }
  ::free(line);
  return true;
}

}  // namespace

Result<uint64_t> kernel_symbol_address(std::string_view name, const char* path) {
  bool named = false;
  uint64_t address = 0;
  const bool read = each_symbol(name, path, [&](const Symbol& symbol) {
    named = true;
    address = symbol.address;
    return address == 0;
  });
  if (!read) return fail("cannot read " + std::string(path) + ": " + std::strerror(errno));
  if (address) return address;
  if (named) return fail("the kernel hides its addresses from this user", "run as root");
  return fail("the kernel has no symbol `" + std::string(name) + "`");
}

std::vector<uint64_t> kernel_functions_named(std::string_view name, std::string_view module,
                                             const char* path) {
  std::vector<uint64_t> found;
  each_symbol(name, path, [&](const Symbol& symbol) {
    const bool function = std::string_view("tTwW").contains(symbol.type);
    const std::string_view home = symbol.module.empty() ? "vmlinux" : symbol.module;
    if (function && symbol.address && (module.empty() || home == module)) found.push_back(symbol.address);
    return true;
  });
  return found;
}

}  // namespace tracer

#include "probes/kernel_address.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace tracer {

// Lines are `ffffffff81000000 T _text`, with `[module]` after those of modules. A symbol of the kernel
// itself comes before those of modules.
Result<uint64_t> kernel_symbol_address(std::string_view name, const char* path) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(::fopen(path, "re"), ::fclose);
  if (!file) return fail("cannot read " + std::string(path) + ": " + std::strerror(errno));
  char* line = nullptr;
  size_t room = 0;
  bool named = false;
  uint64_t address = 0;
  while (address == 0) {
    const ssize_t length = ::getline(&line, &room, file.get());
    if (length < 0) break;
    std::string_view text(line, static_cast<size_t>(length));
    const size_t begin = text.find(' ');
    if (begin == text.npos || begin + 3 > text.size()) continue;
    std::string_view symbol = text.substr(begin + 3);
    symbol = symbol.substr(0, symbol.find_first_of("\t\n "));
    if (symbol != name) continue;
    named = true;
    address = std::strtoull(line, nullptr, 16);
  }
  ::free(line);
  if (address) return address;
  if (named) return fail("the kernel hides its addresses from this user", "run as root");
  return fail("the kernel has no symbol `" + std::string(name) + "`");
}

}  // namespace tracer

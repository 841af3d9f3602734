#include "runtime/stack_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "runtime/bytes.h"

namespace tracer {

namespace {

void append_frame(std::string& out, StackMode mode, uint64_t address, const Symbols::Name& name) {
  auto to = std::back_inserter(out);
  bool known = !name.name.empty();
  switch (mode) {
    case StackMode::Bpftrace:
      if (known) {
        fmt::format_to(to, "        {}+{}\n", name.name, name.offset);
      } else {
        fmt::format_to(to, "        {:#x}\n", address);
      }
      break;
    case StackMode::Perf:
      if (known) {
        fmt::format_to(to, "\t{:x} {}+{}\n", address, name.name, name.offset);
      } else {
        fmt::format_to(to, "\t{:x} ([unknown])\n", address);
      }
      break;
    case StackMode::Raw:
    case StackMode::BuildId:
      fmt::format_to(to, "{:x}\n", address);
      break;
  }
}

}  // namespace

void append_stack_text(std::string& out, const Type& type, Bytes bytes, Symbols& symbols) {
  bool kernel = type.is(TypeKind::KernelStack);
  size_t header = kernel ? 8 : 16;
  uint64_t frames = std::min<uint64_t>(load_unsigned(bytes, 0, 8), type.count);
  bool names = kernel && (type.stack_mode == StackMode::Bpftrace || type.stack_mode == StackMode::Perf);
  out += '\n';
  for (uint64_t i = 0; i < frames; ++i) {
    uint64_t address = load_unsigned(bytes, header + 8 * i, 8);
    append_frame(out, type.stack_mode, address, names ? symbols.kernel(address) : Symbols::Name{});
  }
}

}  // namespace tracer

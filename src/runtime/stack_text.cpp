#include "runtime/stack_text.h"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <iterator>

#include "runtime/bytes.h"
#include "runtime/user_symbols.h"

namespace tracer {

namespace {

struct FrameName {
  std::string_view name;  // empty: unknown
  uint64_t offset = 0;
  std::string_view file;  // user frames
};

void append_frame(std::string& out, StackMode mode, uint64_t address, const FrameName& frame) {
  auto to = std::back_inserter(out);
  bool known = !frame.name.empty();
  switch (mode) {
    case StackMode::Bpftrace:
      if (known) {
        fmt::format_to(to, "        {}+{}\n", frame.name, frame.offset);
      } else {
        fmt::format_to(to, "        {:#x}\n", address);
      }
      break;
    case StackMode::Perf:
      if (known) {
        fmt::format_to(to, "\t{:x} {}+{}", address, frame.name, frame.offset);
        if (!frame.file.empty()) fmt::format_to(to, " ({})", frame.file);
        out += '\n';
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

// struct bpf_stack_build_id: where the kernel could not read the file, it holds an address.
void append_build_id(std::string& out, Bytes frame) {
  const uint64_t place = load_unsigned(frame, offsetof(bpf_stack_build_id, offset), 8);
  if (load_unsigned(frame, 0, 4) != BPF_STACK_BUILD_ID_VALID)
    return append_frame(out, StackMode::Raw, place, {});
  for (std::byte byte : slice(frame, offsetof(bpf_stack_build_id, build_id), BPF_BUILD_ID_SIZE))
    fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned>(byte));
  fmt::format_to(std::back_inserter(out), " {:#x}\n", place);
}

bool shows_names(const Type& type) {
  return type.stack_mode == StackMode::Bpftrace || type.stack_mode == StackMode::Perf;
}

FrameName kernel_frame(uint64_t address, Symbols& symbols) {
  const Symbols::Name found = symbols.kernel(address);
  return {found.name, found.offset, {}};
}

FrameName user_frame(pid_t process, uint64_t address, Symbols& symbols) {
  const UserSymbols::Name found = symbols.user().find(process, address);
  return {found.name, found.offset, found.file};
}

}  // namespace

void append_stack_text(std::string& out, const Type& type, Bytes bytes, Symbols& symbols) {
  const bool kernel = type.is(TypeKind::KernelStack), build_id = type.stack_mode == StackMode::BuildId;
  const size_t header = kernel ? 8 : 16, frame_size = build_id ? kBuildIdFrameSize : 8;
  const auto process = static_cast<pid_t>(kernel ? 0 : load_unsigned(bytes, 8, 4));
  const uint64_t frames = std::min<uint64_t>(load_unsigned(bytes, 0, 8), type.count);
  out += '\n';
  for (uint64_t i = 0; i < frames; ++i) {
    const Bytes frame = slice(bytes, header + frame_size * i, frame_size);
    if (build_id) {
      append_build_id(out, frame);
      continue;
    }
    const uint64_t address = load_unsigned(frame, 0, 8);
    FrameName name;
    if (shows_names(type))
      name = kernel ? kernel_frame(address, symbols) : user_frame(process, address, symbols);
    append_frame(out, type.stack_mode, address, name);
  }
}

}  // namespace tracer

#include "runtime/stack_text.h"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <iterator>

#include "elf/source_frames.h"
#include "plan/unwind.h"
#include "runtime/bytes.h"
#include "runtime/user_symbols.h"

namespace tracer {

namespace {

constexpr const char* kIndent = "        ";

const char* indent(StackMode mode) {
  return mode == StackMode::Bpftrace ? kIndent : mode == StackMode::Perf ? "\t" : "";
}

struct FrameName {
  std::string_view name;  // empty: unknown
  uint64_t offset = 0;
  std::string_view file;  // user frames
  std::string_view source;
  uint32_t line = 0;
};

void append_place(std::string& out, std::string_view source, uint32_t line) {
  if (!source.empty()) fmt::format_to(std::back_inserter(out), "@{}:{}", source, line);
}

void append_frame(std::string& out, StackMode mode, uint64_t address, const FrameName& frame) {
  auto to = std::back_inserter(out);
  bool known = !frame.name.empty();
  switch (mode) {
    case StackMode::Bpftrace:
      if (known) {
        fmt::format_to(to, "{}{}+{}", kIndent, frame.name, frame.offset);
        append_place(out, frame.source, frame.line);
        out += '\n';
      } else {
        fmt::format_to(to, "{}{:#x}\n", kIndent, address);
      }
      break;
    case StackMode::Perf:
      if (known) {
        fmt::format_to(to, "\t{:x} {}+{}", address, frame.name, frame.offset);
        append_place(out, frame.source, frame.line);
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

// What has no frame of its own. Its file is short, as its folder is seldom the one that is worked in.
void append_inlined(std::string& out, StackMode mode, uint64_t address, const FrameName& frame) {
  const std::string_view name = frame.name.empty() ? "[unknown]" : frame.name;
  if (mode == StackMode::Perf) {
    fmt::format_to(std::back_inserter(out), "\t{:x} {} (inlined)\n", address, name);
    return;
  }
  fmt::format_to(std::back_inserter(out), "{}[inlined] {}", kIndent, name);
  append_place(out, frame.source.substr(frame.source.rfind('/') + 1), frame.line);
  out += '\n';
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

// Of all but the first frame the address stands behind a call, which is what is meant; a function that never
// returns may be called at the very end of another.
void append_kernel(std::string& out, StackMode mode, uint64_t address, bool returned_to, Symbols& symbols) {
  const uint64_t place = address - (returned_to ? 1 : 0);
  Symbols::Name found = symbols.kernel(place);
  if (returned_to && !found.name.empty()) ++found.offset;
  FrameName frame{found.name, found.offset, {}, {}, 0};
  if (!found.name.empty() && found.module.empty()) {
    const std::vector<SourceFrame>& lines = symbols.kernel_lines(place);
    for (const SourceFrame& line : lines) {
      if (&line != &lines.back()) {
        append_inlined(out, mode, address, {line.function, 0, {}, line.file, line.line});
        continue;
      }
      frame.source = line.file;
      frame.line = line.line;
    }
  }
  append_frame(out, mode, address, frame);
}

void append_user(std::string& out, StackMode mode, pid_t process, uint64_t address, bool returned_to,
                 Symbols& symbols) {
  const UserSymbols::Code& code = symbols.user().code(process, address, returned_to);
  if (code.frames.empty()) return append_frame(out, mode, address, {});
  for (const UserSymbols::Frame& frame : code.frames)
    if (frame.inlined)
      append_inlined(out, mode, address, {frame.name, 0, {}, frame.source, frame.line});
    else
      append_frame(out, mode, address, {frame.name, frame.offset, code.file, frame.source, frame.line});
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
    if (!shows_names(type))
      append_frame(out, type.stack_mode, address, {});
    else if (kernel)
      append_kernel(out, type.stack_mode, address, i > 0, symbols);
    else
      append_user(out, type.stack_mode, process, address, i > 0, symbols);
  }
  if (!kernel && load_unsigned(bytes, 12, 4) == kUnwindFailed)
    fmt::format_to(std::back_inserter(out), "{}<unwind failure>\n", indent(type.stack_mode));
}

}  // namespace tracer

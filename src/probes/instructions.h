// Where instructions begin in code of this machine, which takes a disassembler to tell. The compiler half
// brings one (KernelInfo::set_instruction_reader); without one, offsets are taken on trust.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tracer {

// Bytes of the instruction that `code` begins with; 0 when it is none. `wide`: 64-bit code.
using InstructionReader = uint32_t (*)(std::span<const std::byte> code, bool wide);

enum class InstructionPlace : uint8_t {
  Start,    // an instruction begins there
  Inside,   // in the middle of one
  Outside,  // beyond the code
  Unknown,  // no reader, or bytes before it that are no instruction
};

struct InstructionCheck {
  InstructionPlace place = InstructionPlace::Unknown;
  // Offsets of the instructions before and after, for advice. `before` for Inside: the one it is in.
  uint64_t before = 0, after = 0;
};

// `code` begins at an instruction: the function's first.
InstructionCheck check_instruction(std::span<const std::byte> code, uint64_t offset, InstructionReader reader,
                                   bool wide = true);

}  // namespace tracer

// Instructions of this machine, as probes/instructions.h asks for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tracer {

// Bytes of the instruction that `code` begins with; 0 when it is none.
uint32_t read_instruction(std::span<const std::byte> code, bool wide);

}  // namespace tracer

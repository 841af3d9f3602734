#include "probes/instructions.h"

namespace tracer {

InstructionCheck check_instruction(std::span<const std::byte> code, uint64_t offset, InstructionReader reader,
                                   bool wide) {
  if (offset == 0) return {InstructionPlace::Start, 0, 0};
  if (offset >= code.size()) return {InstructionPlace::Outside, 0, 0};
  if (!reader) return {};
  uint64_t at = 0, before = 0;
  while (at < offset) {
    const uint32_t size = reader(code.subspan(at), wide);
    if (size == 0) return {};
    before = at;
    at += size;
  }
  return {at == offset ? InstructionPlace::Start : InstructionPlace::Inside, before, at};
}

}  // namespace tracer

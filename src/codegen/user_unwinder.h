// User stacks without frame pointers: code that walks them by the tables of plan/unwind.h, in the kernel.
#pragma once

#include "codegen/program_emitter.h"

namespace tracer {

// Writes `limit` words of addresses to `frames`, unused ones as zeros.
struct UnwoundStack {
  llvm::Value* count = nullptr;
  llvm::Value* failed = nullptr;  // 1: the last one's caller was not found
};
UnwoundStack unwind_user_stack(ProgramEmitter& p, llvm::Value* process, Destination frames, uint32_t limit);

}  // namespace tracer

// Zeroing and copying of memory whose size is known. The BPF backend has no memset and memcpy to
// call: what it cannot write out inline is an error, so these take care never to get there.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include "codegen/codegen.h"

namespace tracer {

// Both: pointers to memory of 8-byte alignment, any size. `source` and `destination` must not
// overlap. Above kInlineBytes programs for the kernel call a helper instead of growing.
constexpr uint64_t kInlineBytes = 128;
void emit_zero(llvm::IRBuilder<>& builder, CodeTarget target, llvm::Value* destination, uint64_t size);
void emit_copy(llvm::IRBuilder<>& builder, CodeTarget target, llvm::Value* destination, llvm::Value* source,
               uint64_t size);

}  // namespace tracer

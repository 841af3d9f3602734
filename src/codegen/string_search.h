// Loops over the bytes of strings and other values, in a form that the kernel's verifier gets through
// whatever the sizes are.
#pragma once

#include "codegen/program_emitter.h"

namespace tracer {

// Bytes in memory, 8-byte aligned; the size is that of the type.
struct ByteRange {
  llvm::Value* pointer = nullptr;
  uint32_t size = 0;
};

// Bytes before the NUL; all of them when there is none.
llvm::Value* string_length(ProgramEmitter& program, llvm::Value* string, uint32_t size);

// Offset of the first place where the needle stands in the hay, up to their NULs; -1 when there is none.
llvm::Value* find_string(ProgramEmitter& program, ByteRange hay, ByteRange needle);

// Negative, zero or positive, by the first `length` bytes (i64) as unsigned numbers; not more than
// `most` of them, which both have.
llvm::Value* compare_bytes(ProgramEmitter& program, llvm::Value* left, llvm::Value* right,
                           llvm::Value* length, uint32_t most);

}  // namespace tracer

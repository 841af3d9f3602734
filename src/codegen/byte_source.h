// Where the bytes are that functions such as str() and buf() read.
#pragma once

#include "codegen/program_emitter.h"

namespace tracer {

struct ByteSource {
  llvm::Value* address = nullptr;  // i64
  AddressSpace space = AddressSpace::Unknown;
  // What the bytes are part of when that is the program's own memory, else null.
  llvm::Value* own = nullptr;
  llvm::Align align{1};  // of `own`
};

// The bytes of a value in memory, or those that a pointer or integer leads to.
ByteSource byte_source(ProgramEmitter& program, const ast::Expr& expr);

// A number of bytes as a script gives it, `most` at most.
llvm::Value* bounded_length(ProgramEmitter& program, const ast::Expr& length, uint32_t most);

}  // namespace tracer

// Pointers as the verifier knows them, with their types: helpers that take an object of the kernel take
// nothing else.
#pragma once

#include "codegen/program_emitter.h"

namespace tracer {

// The address of a struct, or the value of a pointer, that the program's context leads to by fields:
// `args.sk`, `args.file.f_path`. Loaded from the context and from there by plain loads, which the kernel
// makes safe.
llvm::Value* typed_pointer(ProgramEmitter& program, const ast::Expr& expr);

}  // namespace tracer

// What a Module is inside this folder. Other folders see codegen.h only.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>

#include "codegen/codegen.h"

namespace tracer {

struct Module::Impl {
  CodeTarget target = CodeTarget::Bpf;
  // In this order: the module dies before its context.
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  // Bytes of one scratch frame, known when every program is lowered; goes into the Plan that is
  // written out.
  uint32_t scratch_size = 0;
  bool exceeds_stack = false;  // found when code was emitted
  std::string native_code;     // an object file made before; empty: none
};

// An empty module with the target's triple and data layout.
Result<std::unique_ptr<Module::Impl>> make_module(CodeTarget target);

// Fails, with LLVM's words, on a module that breaks LLVM's rules: a defect of the lowering, which
// would crash later passes. To be called once lowering is done.
Result<void> verify_module(const Module::Impl& module);

}  // namespace tracer

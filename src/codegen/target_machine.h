#pragma once

#include <llvm/Target/TargetMachine.h>

#include <memory>

#include "codegen/codegen.h"

namespace tracer {

// Initialises the LLVM target that is asked for and no other: each costs start-up time.
Result<std::unique_ptr<llvm::TargetMachine>> make_target_machine(CodeTarget target);

}  // namespace tracer

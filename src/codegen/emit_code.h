#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Support/CodeGen.h>
#include <llvm/Target/TargetMachine.h>

#include "base/result.h"

namespace tracer {

// Runs the code generator into memory: an object file or assembly text. Changes the module: what
// was emitted once is not to be emitted again. What the target cannot express is an Error.
Result<llvm::SmallVector<char, 0>> emit_code(llvm::TargetMachine& machine, llvm::Module& module,
                                             llvm::CodeGenFileType type);

}  // namespace tracer

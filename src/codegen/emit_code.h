#pragma once

#include <llvm/Support/CodeGen.h>

#include "base/result.h"
#include "codegen/module_impl.h"

namespace tracer {

// Runs the code generator into memory: an object file or assembly text. Changes the module: what
// was emitted once is not to be emitted again. What the target cannot express is an Error. `module` is that
// of `impl` or a copy.
Result<llvm::SmallVector<char, 0>> emit_code(Module::Impl& impl, llvm::Module& module,
                                             llvm::CodeGenFileType type);

}  // namespace tracer

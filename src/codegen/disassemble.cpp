#include <llvm/Transforms/Utils/Cloning.h>

#include "codegen/emit_code.h"
#include "codegen/module_impl.h"

namespace tracer {

Result<std::string> disassemble(Module& module) {
  // The module may still be wanted for its Artifact.
  std::unique_ptr<llvm::Module> copy = llvm::CloneModule(*module.impl().module);
  auto text = emit_code(module.impl(), *copy, llvm::CodeGenFileType::AssemblyFile);
  if (!text) return std::unexpected(text.error());
  return std::string(text->begin(), text->end());
}

}  // namespace tracer

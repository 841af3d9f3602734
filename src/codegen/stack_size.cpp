#include "codegen/stack_size.h"

#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

#include <algorithm>

namespace tracer {
namespace {

// To which the verifier rounds the stack of a function (check_max_stack_depth); it counts at least one byte.
constexpr uint64_t kRounding = 32;

class Depths {
 public:
  explicit Depths(const StackSizes& sizes) : sizes_(sizes) {}

  // Functions that are given to a helper are called by it. No function calls itself: recursion is refused.
  uint64_t of(const llvm::Function& function) {
    if (auto known = known_.find(&function); known != known_.end()) return known->second;
    const auto own = sizes_.find(&function);
    const uint64_t bytes = own == sizes_.end() ? 1 : own->second;
    uint64_t below = 0;
    for (const llvm::Instruction& instruction : llvm::instructions(function))
      for (const llvm::Value* operand : instruction.operand_values())
        if (auto* called = llvm::dyn_cast<llvm::Function>(operand); called && !called->isDeclaration())
          below = std::max(below, of(*called));
    return known_[&function] = (bytes + kRounding - 1) / kRounding * kRounding + below;
  }

 private:
  const StackSizes& sizes_;
  StackSizes known_;
};

}  // namespace

void ask_for_stack_sizes(llvm::Module& module) {
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) function.addFnAttr("warn-stack-size", "0");
}

uint64_t deepest_stack(const llvm::Module& module, const StackSizes& sizes) {
  Depths depths(sizes);
  uint64_t deepest = 0;
  for (const llvm::Function& function : module)
    if (!function.isDeclaration()) deepest = std::max(deepest, depths.of(function));
  return deepest;
}

}  // namespace tracer

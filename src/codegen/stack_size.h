// How much of the BPF stack a program takes, with all that it calls.
#pragma once

#include <llvm/IR/Module.h>

#include <unordered_map>

namespace tracer {

// What all functions that are under way together may take (linux/filter.h: MAX_BPF_STACK).
constexpr uint64_t kBpfStack = 512;

// Bytes of each function that has any, as LLVM tells while it generates code.
using StackSizes = std::unordered_map<const llvm::Function*, uint64_t>;

// Has LLVM tell each size, as a diagnostic of kind DK_StackSize.
void ask_for_stack_sizes(llvm::Module& module);

// The largest sum that functions calling each other take, counted as the verifier does.
uint64_t deepest_stack(const llvm::Module& module, const StackSizes& sizes);

}  // namespace tracer

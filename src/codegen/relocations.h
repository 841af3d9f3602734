// Places of the kernel's fields that are found when a saved object is loaded: CO-RE relocations, which libbpf
// applies by the names of structure and field.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <vector>

#include "ast/ast.h"
#include "codegen/debug_info.h"

namespace tracer {

// From a structure that has a name to the field that is meant. There are several steps only where structures
// without a name lie between.
using FieldPath = std::vector<const ast::FieldAccess*>;

// Empty when the field cannot be found by names in another kernel.
FieldPath relocatable_path(const ast::FieldAccess& access);
// Bytes from the structure to the field where the script is compiled.
uint64_t offset_here(const FieldPath& path);
// The structure that a step is in.
const Type& structure_of(const ast::FieldAccess& step);

// What the loader is asked for, by the numbers of the kernel's enum bpf_core_relo_kind.
enum class Relocated : uint32_t { Offset = 0, Size = 1, LeftShift = 4, RightShift = 5 };

// An i64 that is right in the kernel where the object is loaded.
llvm::Value* relocated(llvm::IRBuilder<>& b, llvm::Module& module, DebugInfo& debug, const FieldPath& path,
                       Relocated what);

}  // namespace tracer

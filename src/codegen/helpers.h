// Calls of BPF helpers. A program for the kernel calls them by number; one for this process calls
// the functions of that name that the runtime provides (runtime/user_world.h).
#pragma once

#include <llvm/IR/IRBuilder.h>

#include "codegen/codegen.h"

namespace tracer {

enum class Helper : uint8_t {
#define HELPER(name, ...) name,
#include "codegen/helpers.def"
#undef HELPER
};

// The helper's name in uapi/linux/bpf.h, as warnings print it: `map_update_elem`.
const char* helper_name(Helper helper);

// Emits a call. Arguments may be integers of any width (they are zero-extended) and pointers; each
// is converted to what the helper takes. Integer results are i64.
llvm::Value* call_helper(llvm::IRBuilder<>& builder, CodeTarget target, Helper helper,
                         llvm::ArrayRef<llvm::Value*> arguments);

}  // namespace tracer

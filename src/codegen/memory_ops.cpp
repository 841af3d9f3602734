#include "codegen/memory_ops.h"

#include "codegen/helpers.h"

namespace tracer {
namespace {

const llvm::Align kWord(8);

bool inlined(CodeTarget target, uint64_t size) { return target == CodeTarget::Host || size <= kInlineBytes; }

llvm::Value* null_pointer(llvm::IRBuilder<>& builder) {
  return llvm::ConstantPointerNull::get(builder.getPtrTy());
}

}  // namespace

void emit_zero(llvm::IRBuilder<>& builder, CodeTarget target, llvm::Value* destination, uint64_t size) {
  if (size == 0) return;
  if (inlined(target, size)) {
    builder.CreateMemSet(destination, builder.getInt8(0), size, kWord);
    return;
  }
  // The helper zeroes its destination when the source cannot be read, and refuses null at once,
  // without a fault.
  call_helper(builder, target, Helper::probe_read_kernel,
              {destination, builder.getInt64(size), null_pointer(builder)});
}

void emit_copy(llvm::IRBuilder<>& builder, CodeTarget target, llvm::Value* destination, llvm::Value* source,
               uint64_t size) {
  if (size == 0) return;
  if (inlined(target, size)) {
    builder.CreateMemCpy(destination, kWord, source, kWord, size);
    return;
  }
  call_helper(builder, target, Helper::probe_read_kernel, {destination, builder.getInt64(size), source});
}

}  // namespace tracer

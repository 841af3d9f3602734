// str strlen strstr strcontains str_concat strncmp
#include "codegen/builtins.h"
#include "codegen/byte_source.h"
#include "codegen/string_search.h"

namespace tracer {
namespace {

constexpr uint32_t kLargestMarkedStrlen = 1024;  // longer strings are cut without a mark
constexpr uint32_t kWord = 8;

}  // namespace

llvm::Value* lower_str(ProgramEmitter& p, const BuiltinUse& use) {
  const ast::Expr& source = *use.args[0];
  const uint32_t capacity = use.expr.type.size;
  ByteSource from = byte_source(p, source);
  if (from.own && source.type.is(TypeKind::String) && use.args.size() == 1) {
    p.convert(from.own, from.align, source.type, use.expr.type, use.into);
    return nullptr;
  }
  // Not more than an array has; one byte behind it tells that it has no NUL.
  const uint32_t there = in_memory(source.type) ? source.type.size + 1 : ~uint32_t{0};
  if (from.own) {
    llvm::Value* copy = p.zeroed_temporary(there);
    p.copy(copy, llvm::Align(kWord), from.own, from.align, source.type.size);
    from.address = p.b.CreatePtrToInt(copy, p.b.getInt64Ty());
  }
  auto read = [&](llvm::Value* size, uint32_t room, Destination into) {
    p.read_string(from.address, from.space, size, room, into, use.expr.failure_counter);
  };
  if (use.args.size() > 1) {
    read(bounded_length(p, *use.args[1], std::min(capacity, there)), capacity, use.into);
  } else if (capacity >= kLargestMarkedStrlen || capacity >= there) {
    read(p.number(std::min(capacity, there)), capacity, use.into);
  } else {
    // One byte more than fits: a string that is cut has no NUL, by which it is known.
    llvm::Value* memory = p.temporary(capacity + 1);
    read(p.number(capacity + 1), capacity + 1, {memory});
    p.copy(use.into.pointer, use.into.align, memory, llvm::Align(kWord), capacity);
  }
  return nullptr;
}

llvm::Value* lower_strlen(ProgramEmitter& p, const BuiltinUse& use) {
  return string_length(p, p.lower(*use.args[0]), use.args[0]->type.size);
}

llvm::Value* lower_strstr(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* hay = p.lower(*use.args[0]);
  llvm::Value* needle = p.lower(*use.args[1]);
  return find_string(p, {hay, use.args[0]->type.size}, {needle, use.args[1]->type.size});
}

llvm::Value* lower_strcontains(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* found = p.b.CreateICmpSGE(lower_strstr(p, use), p.number(0));
  return p.b.CreateZExt(found, p.b.getInt64Ty());
}

// The second string is read to where the first one ends, in memory that has room for both of them
// whatever their length is; then the result is cut to its size.
llvm::Value* lower_str_concat(ProgramEmitter& p, const BuiltinUse& use) {
  const uint32_t first = use.args[0]->type.size, second = use.args[1]->type.size;
  const uint32_t size = use.expr.type.size;
  llvm::Value* a = p.lower(*use.args[0]);
  llvm::Value* c = p.lower(*use.args[1]);
  const uint32_t room = std::max(first + second + 1, size);
  llvm::Value* both = p.zeroed_temporary(room);
  p.copy(both, llvm::Align(kWord), a, llvm::Align(kWord), first);
  llvm::Value* length = string_length(p, a, first);
  // One byte more, for a NUL even behind a string that has none.
  p.call(Helper::probe_read_kernel_str,
         {p.b.CreateGEP(p.b.getInt8Ty(), both, length), p.number(second + 1), c});
  p.copy(use.into.pointer, use.into.align, both, llvm::Align(kWord), size);
  return nullptr;
}

llvm::Value* lower_strncmp(ProgramEmitter& p, const BuiltinUse& use) {
  const uint64_t most = use.args[2]->constant.value_or(0);
  llvm::Value* equal = p.strings_equal(*use.args[0], *use.args[1], most);
  return p.b.CreateZExt(p.b.CreateNot(equal), p.b.getInt64Ty());
}

}  // namespace tracer

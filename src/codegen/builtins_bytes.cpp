// buf memcmp bswap is_err macaddr ntop pton
#include <arpa/inet.h>

#include "ast/limits.h"
#include "codegen/builtins.h"
#include "codegen/byte_source.h"
#include "codegen/string_search.h"

namespace tracer {
namespace {

constexpr uint32_t kWord = 8;
const llvm::Align kWordAlign(kWord);
constexpr uint32_t kBufferLength = 4;          // uint32 length, then the bytes
constexpr uint64_t kLargestError = 4095;       // of the kernel's pointers that are errors
constexpr uint32_t kFamilySize = 8, kMac = 6;  // uint64 family, then the address

uint32_t words_of(uint32_t size) { return (size + kWord - 1) / kWord * kWord; }

void read_bytes(ProgramEmitter& p, const ByteSource& from, uint32_t size, Destination into,
                std::optional<uint32_t> failure_counter) {
  if (from.own)
    p.copy(into.pointer, into.align, from.own, from.align, size);
  else
    p.probe_read(into.pointer, p.number(size), from.address, from.space, failure_counter);
}

// The value, or what a pointer leads to, in memory of whole words.
llvm::Value* compared_bytes(ProgramEmitter& p, const BuiltinUse& use, size_t index, uint32_t most) {
  const ast::Expr& expr = *use.args[index];
  if (expr.type.is(TypeKind::Pointer)) {
    llvm::Value* memory = p.zeroed_temporary(most);
    p.probe_read(memory, p.number(most), p.lower(expr), expr.type.space, use.expr.failure_counter);
    return memory;
  }
  return in_memory(expr.type) ? p.lower(expr) : p.word(p.lower(expr));
}

}  // namespace

llvm::Value* lower_buf(ProgramEmitter& p, const BuiltinUse& use) {
  const uint32_t room = use.expr.type.size - kBufferLength;
  const ByteSource from = byte_source(p, *use.args[0]);
  llvm::Value* length = use.args.size() > 1 ? bounded_length(p, *use.args[1], room) : p.number(room);
  if (use.into.rest == Destination::Rest::MakeZero)
    p.zero(use.into.pointer, use.into.align, use.expr.type.size);
  p.store(length, int_type(kBufferLength, false), use.into.pointer, use.into.align);
  Destination bytes = p.at(use.into, kBufferLength);
  p.probe_read(bytes.pointer, length, from.address, from.space, use.expr.failure_counter);
  return nullptr;
}

llvm::Value* lower_memcmp(ProgramEmitter& p, const BuiltinUse& use) {
  const ast::Expr& length = *use.args[2];
  uint32_t most = length.constant ? std::min<uint64_t>(*length.constant, UINT32_MAX) : ast::kMostCompared;
  for (size_t i = 0; i < 2; i++)
    if (!use.args[i]->type.is(TypeKind::Pointer)) most = std::min(most, use.args[i]->type.size);
  llvm::Value* left = compared_bytes(p, use, 0, most);
  llvm::Value* right = compared_bytes(p, use, 1, most);
  return compare_bytes(p, left, right, bounded_length(p, length, most), most);
}

llvm::Value* lower_bswap(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* n = p.lower(*use.args[0]);
  const uint32_t size = use.expr.type.size;
  if (size <= 1) return p.canonical(n, use.expr.type);
  llvm::Value* narrow = p.b.CreateTrunc(n, p.b.getIntNTy(8 * size));
  return p.b.CreateZExt(p.b.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, narrow), p.b.getInt64Ty());
}

llvm::Value* lower_is_err(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* address = p.lower(*use.args[0]);
  return p.b.CreateZExt(p.b.CreateICmpUGE(address, p.number(-kLargestError)), p.b.getInt64Ty());
}

llvm::Value* lower_macaddr(ProgramEmitter& p, const BuiltinUse& use) {
  read_bytes(p, byte_source(p, *use.args[0]), kMac, use.into, use.expr.failure_counter);
  return nullptr;
}

llvm::Value* lower_ntop(ProgramEmitter& p, const BuiltinUse& use) {
  const ast::Expr& address = *use.args.back();
  const bool integer = !in_memory(address.type);
  const uint32_t size = integer ? sizeof(in_addr) : address.type.size;
  // Made aside: what it is made of may be read from where it goes.
  llvm::Value* memory = p.zeroed_temporary(use.expr.type.size);
  Destination bytes = p.at(Destination{memory}, kFamilySize);
  if (integer)
    p.store(p.lower(address), int_type(size, false), bytes.pointer, bytes.align);
  else
    read_bytes(p, byte_source(p, address), size, bytes, use.expr.failure_counter);
  llvm::Value* family =
      use.args.size() > 1 ? p.lower(*use.args[0]) : p.number(size == sizeof(in_addr) ? AF_INET : AF_INET6);
  p.b.CreateAlignedStore(family, memory, kWordAlign);
  p.copy(use.into.pointer, use.into.align, memory, kWordAlign, words_of(use.expr.type.size));
  return nullptr;
}

llvm::Value* lower_pton(ProgramEmitter& p, const BuiltinUse& use) {
  auto* text = ast::as<ast::StringLiteral>(use.args[0]);
  char address[sizeof(in6_addr)] = {};
  const uint32_t size = use.expr.type.size;
  if (text) inet_pton(size == sizeof(in_addr) ? AF_INET : AF_INET6, text->value.c_str(), address);
  p.write_string({address, size}, size, use.into);
  return nullptr;
}

}  // namespace tracer

#include "codegen/program_emitter.h"

namespace tracer {
namespace {

constexpr uint32_t kWord = 8;
constexpr uint64_t kLowBits = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x8080808080808080;
// Memory that is longer is compared by a loop.
constexpr uint32_t kInlineCompare = 64;

// The first `count` bytes of a word, as it stands in memory.
uint64_t byte_mask(uint32_t count) {
  return count >= kWord ? ~uint64_t{0} : (uint64_t{1} << (8 * count)) - 1;
}

uint64_t word_of(std::string_view bytes, size_t offset) {
  uint64_t word = 0;
  for (size_t i = 0; i < kWord && offset + i < bytes.size(); i++)
    word |= uint64_t(uint8_t(bytes[offset + i])) << (8 * i);
  return word;
}

}  // namespace

void ProgramEmitter::write_string(std::string_view bytes, uint32_t size, Destination into) {
  bytes = bytes.substr(0, size);
  uint32_t written = 0;
  if (into.align >= llvm::Align(kWord)) {
    for (; written + kWord <= size && written < bytes.size(); written += kWord)
      b.CreateAlignedStore(number(word_of(bytes, written)), at(into.pointer, written), llvm::Align(kWord));
  }
  // With its NUL.
  for (; written < size && written <= bytes.size(); written++) {
    uint8_t byte = written < bytes.size() ? uint8_t(bytes[written]) : 0;
    b.CreateAlignedStore(b.getInt8(byte), at(into.pointer, written), llvm::Align(1));
  }
  if (into.rest != Destination::Rest::MakeZero || written >= size) return;
  Destination tail = at(into, written);
  uint32_t odd = std::min<uint32_t>((kWord - written % kWord) % kWord, size - written);
  zero(tail.pointer, tail.align, odd);
  tail = at(into, written + odd);
  zero(tail.pointer, tail.align, size - written - odd);
}

void ProgramEmitter::read_string(llvm::Value* address, AddressSpace space, llvm::Value* size,
                                 uint32_t capacity, Destination into,
                                 std::optional<uint32_t> failure_counter) {
  Helper helper = space == AddressSpace::Kernel ? Helper::probe_read_kernel_str
                  : space == AddressSpace::User ? Helper::probe_read_user_str
                                                : Helper::probe_read_str;
  if (into.rest == Destination::Rest::MakeZero)
    zero(into.pointer, into.align, capacity);
  else
    b.CreateAlignedStore(b.getInt8(0), into.pointer, llvm::Align(1));  // for a size of 0
  count_failure(failure_counter, call(helper, {into.pointer, size, address}));
}

// ---------------------------------------------------------------- comparison

llvm::Value* ProgramEmitter::strings_equal(const ast::Expr& left, const ast::Expr& right, uint64_t most) {
  if (auto* literal = ast::as<ast::StringLiteral>(&right)) return strings_equal_literal(left, *literal, most);
  if (auto* literal = ast::as<ast::StringLiteral>(&left)) return strings_equal_literal(right, *literal, most);
  llvm::Value* left_bytes = lower(left);
  llvm::Value* right_bytes = lower(right);
  const uint64_t size = std::min<uint64_t>({left.type.size, right.type.size, most});
  if (size == 0) return b.getTrue();
  return strings_equal_loop(left_bytes, right_bytes, static_cast<uint32_t>(size));
}

// Word by word against constants: no branch.
llvm::Value* ProgramEmitter::strings_equal_literal(const ast::Expr& string, const ast::StringLiteral& literal,
                                                   uint64_t most) {
  llvm::Value* bytes = lower(string);
  std::string_view text = std::string_view(literal.value).substr(0, literal.value.find('\0'));
  // Up to the NUL of the literal, or to the end of the shorter of the two.
  uint32_t length =
      std::min<size_t>({text.size() + 1, string.type.size, std::max<size_t>(literal.type.size, 1), most});
  llvm::Value* difference = number(0);
  for (uint32_t offset = 0; offset < length; offset += kWord) {
    uint64_t mask = byte_mask(length - offset);
    llvm::Value* word = b.CreateAlignedLoad(b.getInt64Ty(), at(bytes, offset), llvm::Align(kWord));
    word = b.CreateXor(b.CreateAnd(word, mask), number(word_of(text, offset) & mask));
    difference = b.CreateOr(difference, word);
  }
  return b.CreateIsNull(difference);
}

// Eight bytes at a time, until they differ or a NUL ends both.
llvm::Value* ProgramEmitter::strings_equal_loop(llvm::Value* left, llvm::Value* right, uint32_t size) {
  llvm::AllocaInst* differs = shared_word("differs");
  b.CreateStore(number(0), differs);
  uint32_t words = (size + kWord - 1) / kWord;
  uint64_t last_mask = byte_mask(size - (words - 1) * kWord);
  repeat(number(words), [&](llvm::Value* i) {
    llvm::Value* offset = b.CreateShl(i, 3);
    auto word = [&](llvm::Value* base) { return load_unknown(b.CreateGEP(b.getInt8Ty(), base, offset)); };
    llvm::Value* a = word(left);
    llvm::Value* difference = b.CreateXor(a, word(right));
    if (last_mask != ~uint64_t{0}) {
      llvm::Value* last = b.CreateICmpEQ(i, number(words - 1));
      difference = b.CreateAnd(difference, b.CreateSelect(last, number(last_mask), number(~uint64_t{0})));
    }
    // The lowest set bit marks the first NUL; what stands behind it does not count.
    llvm::Value* nul =
        b.CreateAnd(b.CreateAnd(b.CreateSub(a, number(kLowBits)), b.CreateNot(a)), number(kHighBits));
    llvm::Value* counted = b.CreateXor(nul, b.CreateSub(nul, number(1)));
    difference = b.CreateAnd(difference, counted);
    b.CreateStore(difference, differs);
    return b.CreateIsNotNull(b.CreateOr(difference, nul));
  });
  return b.CreateIsNull(b.CreateLoad(b.getInt64Ty(), differs));
}

llvm::Value* ProgramEmitter::bytes_equal(llvm::Value* left, llvm::Value* right, uint32_t size) {
  uint32_t words = (size + kWord - 1) / kWord;
  auto difference = [&](llvm::Value* a, llvm::Value* c, uint64_t mask) {
    return b.CreateAnd(b.CreateXor(load_unknown(a), load_unknown(c)), mask);
  };
  if (size == 0) return b.getTrue();
  uint64_t last_mask = byte_mask(size - (words - 1) * kWord);
  llvm::Value* differs = difference(at(left, (words - 1) * kWord), at(right, (words - 1) * kWord), last_mask);
  if (size <= kInlineCompare) {
    for (uint32_t i = 0; i + 1 < words; i++)
      differs = b.CreateOr(differs, difference(at(left, i * kWord), at(right, i * kWord), ~uint64_t{0}));
    return b.CreateIsNull(differs);
  }
  llvm::AllocaInst* result = shared_word("differs");
  b.CreateStore(differs, result);
  repeat(number(words - 1), [&](llvm::Value* i) {
    llvm::Value* offset = b.CreateShl(i, 3);
    llvm::Value* found = difference(b.CreateGEP(b.getInt8Ty(), left, offset),
                                    b.CreateGEP(b.getInt8Ty(), right, offset), ~uint64_t{0});
    b.CreateStore(b.CreateOr(b.CreateLoad(b.getInt64Ty(), result), found), result);
    return b.CreateIsNotNull(found);
  });
  return b.CreateIsNull(b.CreateLoad(b.getInt64Ty(), result));
}

}  // namespace tracer

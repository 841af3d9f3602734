#include "codegen/string_search.h"

#include <fmt/format.h>

#include "codegen/callback.h"

namespace tracer {
namespace {

constexpr uint32_t kWord = 8;
const llvm::Align kWordAlign(kWord);
constexpr uint64_t kLowBits = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x8080808080808080;
constexpr uint64_t kMostRounds = 1 << 23;  // of the kernel's loop()
// More words are compared by a loop that the verifier looks at once only.
constexpr uint32_t kWalkedWords = 128;

llvm::Value* load_word(ProgramEmitter& p, llvm::Value* pointer) {
  return p.b.CreateAlignedLoad(p.b.getInt64Ty(), pointer, kWordAlign);
}

void store_word(ProgramEmitter& p, llvm::Value* value, llvm::Value* pointer) {
  p.b.CreateAlignedStore(value, pointer, kWordAlign);
}

// ---------------------------------------------------------------- find_string

// What a round of the search works on, by offset: pointers, on the stack, ...
struct Search {
  static constexpr uint32_t kHay = 0, kNeedle = 8, kState = 16, kSize = 24;
};
// ... and numbers, in the scratch frame. On the stack the verifier would follow each of their values, and
// walk through the whole search.
struct SearchState {
  static constexpr uint32_t kStart = 0, kMatched = 8, kResult = 16, kSize = 24;
};

// One step: a byte of the hay is compared with one of the needle.
llvm::Function* search_step(ProgramEmitter& p, uint32_t hay_size, uint32_t needle_size) {
  Callback step(p, fmt::format("tracer_find_{}_{}", hay_size, needle_size));
  if (!step.is_new()) return step.function();
  auto& b = p.b;
  llvm::Value* data = step.data();
  llvm::Value* state = b.CreateAlignedLoad(b.getPtrTy(), p.at(data, Search::kState), kWordAlign);
  llvm::Value* start = load_word(p, p.at(state, SearchState::kStart));
  llvm::Value* matched = load_word(p, p.at(state, SearchState::kMatched));
  llvm::Value* position = b.CreateAdd(start, matched);
  llvm::BasicBlock *inside = step.block("inside"), *found = step.block("found"),
                   *compare = step.block("compare"), *hay_inside = step.block("hay_inside"),
                   *next = step.block("next"), *equal = step.block("equal"), *differs = step.block("differs"),
                   *over = step.block("over");

  // The needle's end, by its size or its NUL: it was found.
  b.CreateCondBr(b.CreateICmpULT(matched, p.number(needle_size)), inside, found);
  b.SetInsertPoint(inside);
  auto byte = [&](uint32_t offset, llvm::Value* index) {
    llvm::Value* base = b.CreateAlignedLoad(b.getPtrTy(), p.at(data, offset), kWordAlign);
    return b.CreateAlignedLoad(b.getInt8Ty(), b.CreateGEP(b.getInt8Ty(), base, index), llvm::Align(1));
  };
  llvm::Value* wanted = byte(Search::kNeedle, matched);
  b.CreateCondBr(b.CreateIsNull(wanted), found, hay_inside);

  b.SetInsertPoint(found);
  store_word(p, start, p.at(state, SearchState::kResult));
  step.end(true);

  // The hay's end: what is left is shorter than the needle.
  b.SetInsertPoint(hay_inside);
  b.CreateCondBr(b.CreateICmpULT(position, p.number(hay_size)), compare, over);
  b.SetInsertPoint(compare);
  llvm::Value* there = byte(Search::kHay, position);
  b.CreateCondBr(b.CreateICmpEQ(there, wanted), equal, differs);
  b.SetInsertPoint(equal);
  store_word(p, b.CreateAdd(matched, p.number(1)), p.at(state, SearchState::kMatched));
  step.end(false);
  b.SetInsertPoint(differs);
  b.CreateCondBr(b.CreateIsNull(there), over, next);
  b.SetInsertPoint(next);
  store_word(p, b.CreateAdd(start, p.number(1)), p.at(state, SearchState::kStart));
  store_word(p, p.number(0), p.at(state, SearchState::kMatched));
  step.end(false);
  b.SetInsertPoint(over);
  step.end(true);
  return step.function();
}

// ---------------------------------------------------------------- compare_bytes

// The word in the order in which its bytes count.
llvm::Value* ordered_word(ProgramEmitter& p, llvm::Value* base, llvm::Value* offset) {
  llvm::Value* word = load_word(p, p.b.CreateGEP(p.b.getInt8Ty(), base, offset));
  return p.b.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, word);
}

// Compares word `i`, of which only the bytes before `length` count; keeps -1, 0 or 1 in `result`. Gives
// whether that is the end.
llvm::Value* compare_word(ProgramEmitter& p, llvm::Value* left, llvm::Value* right, llvm::Value* i,
                          llvm::Value* length, llvm::Value* result) {
  auto& b = p.b;
  llvm::Value* offset = b.CreateShl(i, 3);
  llvm::Value* rest = b.CreateSub(length, offset);
  // Bits behind the last byte: they are shifted out.
  llvm::Value* unused = b.CreateSelect(b.CreateICmpULT(rest, p.number(kWord)),
                                       b.CreateShl(b.CreateSub(p.number(kWord), rest), 3), p.number(0));
  llvm::Value* l = b.CreateLShr(ordered_word(p, left, offset), unused);
  llvm::Value* r = b.CreateLShr(ordered_word(p, right, offset), unused);
  llvm::Value* order = b.CreateSelect(b.CreateICmpULT(l, r), p.number(~uint64_t{0}), p.number(1));
  llvm::Value* same = b.CreateICmpEQ(l, r);
  store_word(p, b.CreateSelect(same, p.number(0), order), result);
  return b.CreateOr(b.CreateNot(same), b.CreateICmpULE(rest, p.number(kWord)));
}

struct Comparison {
  static constexpr uint32_t kLeft = 0, kRight = 8, kLength = 16, kResult = 24, kSize = 32;
};

llvm::Function* comparison_step(ProgramEmitter& p, uint32_t words) {
  Callback step(p, fmt::format("tracer_compare_{}", words));
  if (!step.is_new()) return step.function();
  auto& b = p.b;
  llvm::BasicBlock *inside = step.block("inside"), *over = step.block("over");
  llvm::Value* i = b.CreateAnd(step.function()->getArg(0), 0xffffffff);
  b.CreateCondBr(b.CreateICmpULT(i, p.number(words)), inside, over);
  b.SetInsertPoint(over);
  step.end(true);
  b.SetInsertPoint(inside);
  auto pointer = [&](uint32_t offset) {
    return b.CreateAlignedLoad(b.getPtrTy(), p.at(step.data(), offset), kWordAlign);
  };
  llvm::Value* last = compare_word(p, pointer(Comparison::kLeft), pointer(Comparison::kRight), i,
                                   load_word(p, p.at(step.data(), Comparison::kLength)),
                                   p.at(step.data(), Comparison::kResult));
  b.CreateRet(b.CreateZExt(last, b.getInt64Ty()));
  return step.function();
}

}  // namespace

llvm::Value* string_length(ProgramEmitter& p, llvm::Value* string, uint32_t size) {
  auto& b = p.b;
  llvm::Value* length = p.word(p.number(size));
  p.repeat(p.number((size + kWord - 1) / kWord), [&](llvm::Value* i) {
    llvm::Value* offset = b.CreateShl(i, 3);
    llvm::Value* word = p.load_unknown(b.CreateGEP(b.getInt8Ty(), string, offset));
    // The lowest bit set marks the first NUL.
    llvm::Value* nul = b.CreateAnd(b.CreateAnd(b.CreateSub(word, p.number(kLowBits)), b.CreateNot(word)),
                                   p.number(kHighBits));
    llvm::Value* there = b.CreateIsNotNull(nul);
    p.when(there, [&] {
      llvm::Value* bit = b.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, nul, b.getTrue());
      store_word(p, b.CreateAdd(offset, b.CreateLShr(bit, 3)), length);
    });
    return there;
  });
  llvm::Value* found = load_word(p, length);
  return p.choose(
      b.CreateICmpULT(found, p.number(size)), [&] { return found; }, [&] { return p.number(size); });
}

llvm::Value* find_string(ProgramEmitter& p, ByteRange hay, ByteRange needle) {
  llvm::Value* data = p.stack_temporary(Search::kSize);
  p.b.CreateAlignedStore(hay.pointer, p.at(data, Search::kHay), kWordAlign);
  p.b.CreateAlignedStore(needle.pointer, p.at(data, Search::kNeedle), kWordAlign);
  // More than the stack takes.
  llvm::Value* state = p.temporary(std::max(SearchState::kSize, p.plan.config.on_stack_limit + kWord));
  p.b.CreateAlignedStore(state, p.at(data, Search::kState), kWordAlign);
  store_word(p, p.number(0), p.at(state, SearchState::kStart));
  store_word(p, p.number(0), p.at(state, SearchState::kMatched));
  store_word(p, p.number(~uint64_t{0}), p.at(state, SearchState::kResult));
  uint64_t rounds = (uint64_t{hay.size} + 1) * (uint64_t{needle.size} + 1);
  llvm::Function* step = search_step(p, hay.size, needle.size);
  p.call(Helper::loop, {p.number(std::min(rounds, kMostRounds)), step, data, p.number(0)});
  return load_word(p, p.at(state, SearchState::kResult));
}

llvm::Value* compare_bytes(ProgramEmitter& p, llvm::Value* left, llvm::Value* right, llvm::Value* length,
                           uint32_t most) {
  auto& b = p.b;
  const uint32_t words = (most + kWord - 1) / kWord;
  if (words == 0) return p.number(0);
  return p.choose(
      b.CreateIsNull(length), [&] { return p.number(0); },
      [&]() -> llvm::Value* {
        if (words <= kWalkedWords) {
          llvm::Value* result = p.word(p.number(0));
          p.repeat(p.number(words),
                   [&](llvm::Value* i) { return compare_word(p, left, right, i, length, result); });
          return load_word(p, result);
        }
        llvm::Value* data = p.stack_temporary(Comparison::kSize);
        b.CreateAlignedStore(left, p.at(data, Comparison::kLeft), kWordAlign);
        b.CreateAlignedStore(right, p.at(data, Comparison::kRight), kWordAlign);
        store_word(p, length, p.at(data, Comparison::kLength));
        store_word(p, p.number(0), p.at(data, Comparison::kResult));
        p.call(Helper::loop, {p.number(words), comparison_step(p, words), data, p.number(0)});
        return load_word(p, p.at(data, Comparison::kResult));
      });
}

}  // namespace tracer

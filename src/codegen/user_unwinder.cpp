#include "codegen/user_unwinder.h"

#include <fmt/format.h>

#include "codegen/callback.h"
#include "plan/unwind.h"

namespace tracer {
namespace {

constexpr uint32_t kWord = 8;
const llvm::Align kWordAlign(kWord);
constexpr uint64_t kMostRounds = 1 << 23;  // of the kernel's loop()

// In struct pt_regs.
constexpr uint64_t kRegsBp = 32, kRegsIp = 128, kRegsSp = 152;
// In what a signal leaves on the stack, from the stack pointer of the code that it returns to.
constexpr uint64_t kSignalBp = 120, kSignalSp = 160, kSignalIp = 168;
// Entries of the procedure linkage table.
constexpr uint64_t kPltMask = 15, kPltPushed = 11;

// What a walk knows, by offset in the scratch frame, where the verifier does not follow its values. It is
// either looking for the mapping of an address or for the row of a mapping; `low` and `high` are the bounds
// of a search for the first entry that lies behind it.
struct Walk {
  static constexpr uint32_t kIp = 0, kSp = 8, kBp = 16, kCount = 24, kFailed = 32;
  static constexpr uint32_t kLow = 40, kHigh = 48, kFirst = 56, kInRows = 64, kTarget = 72;
  static constexpr uint32_t kFirstMapping = 80, kEndMapping = 88;
  static constexpr uint32_t kFrames = 96;
};

// One round of the walk: a step of a search, or what its end leads to.
class Round {
 public:
  Round(ProgramEmitter& p, uint32_t limit)
      : p_(p), b_(p.b), limit_(limit), callback_(p, fmt::format("tracer_unwind_{}", limit)) {}

  llvm::Function* function() {
    if (callback_.is_new()) emit();
    return callback_.function();
  }

 private:
  void emit() {
    key_ = b_.CreateAlloca(b_.getInt64Ty());
    word_ = b_.CreateAlloca(b_.getInt64Ty());
    walk_ = b_.CreateAlignedLoad(b_.getPtrTy(), callback_.data(), kWordAlign);
    const auto& maps = p_.module.maps.unwinding();
    llvm::Value *low = get(Walk::kLow), *high = get(Walk::kHigh);
    llvm::Value* searches = b_.CreateICmpULT(low, high);
    llvm::Value* in_rows = b_.CreateIsNotNull(get(Walk::kInRows));
    when(b_.CreateAnd(searches, b_.CreateNot(in_rows)),
         [&] { search(maps.mappings, low, high, offsetof(UnwindMapping, start), 8); });
    when(b_.CreateAnd(searches, in_rows),
         [&] { search(maps.rows, low, high, offsetof(UnwindRow, address), 4); });
    // Nothing lies before the address.
    when(b_.CreateICmpULE(low, get(Walk::kFirst)), [&] { fail(); });
    when(b_.CreateNot(in_rows), [&] { take_mapping(lookup(maps.mappings, b_.CreateSub(low, n(1)))); });
    take_row(lookup(maps.rows, b_.CreateSub(low, n(1))));
  }

  void search(llvm::Value* map, llvm::Value* low, llvm::Value* high, uint64_t member, uint32_t size) {
    llvm::Value* middle = b_.CreateLShr(b_.CreateAdd(low, high), 1);
    llvm::Value* begin = member_of(lookup(map, middle), member, size, false);
    when(b_.CreateICmpULE(begin, get(Walk::kTarget)), [&] {
      set(Walk::kLow, b_.CreateAdd(middle, n(1)));
      callback_.end(false);
    });
    set(Walk::kHigh, middle);
    callback_.end(false);
  }

  void take_mapping(llvm::Value* mapping) {
    llvm::Value* address = get(Walk::kTarget);
    when(b_.CreateICmpUGE(address, member_of(mapping, offsetof(UnwindMapping, end), 8, false)),
         [&] { fail(); });
    llvm::Value* first = member_of(mapping, offsetof(UnwindMapping, first), 4, false);
    llvm::Value* rows = member_of(mapping, offsetof(UnwindMapping, rows), 4, false);
    set(Walk::kTarget, b_.CreateSub(address, member_of(mapping, offsetof(UnwindMapping, base), 8, false)));
    start_search(first, b_.CreateAdd(first, rows));
    set(Walk::kInRows, n(1));
    callback_.end(false);
  }

  void take_row(llvm::Value* row) {
    llvm::Value* rule = member_of(row, offsetof(UnwindRow, rule), 1, false);
    llvm::Value* distance = member_of(row, offsetof(UnwindRow, cfa), 4, true);
    llvm::Value *sp = get(Walk::kSp), *bp = get(Walk::kBp), *ip = get(Walk::kIp);
    const auto is = [&](UnwindRule which) { return b_.CreateICmpEQ(rule, n(static_cast<uint64_t>(which))); };
    when(is(UnwindRule::End), [&] { callback_.end(true); });
    when(is(UnwindRule::SignalFrame), [&] {
      set(Walk::kBp, read_user(b_.CreateAdd(sp, n(kSignalBp))));
      set(Walk::kSp, read_user(b_.CreateAdd(sp, n(kSignalSp))));
      llvm::Value* interrupted = read_user(b_.CreateAdd(sp, n(kSignalIp)));
      go_to(interrupted, interrupted);
    });
    when(is(UnwindRule::Unknown), [&] { fail(); });
    llvm::Value* cfa = b_.CreateAdd(b_.CreateSelect(is(UnwindRule::FromSp), sp, bp), distance);
    llvm::Value* pushed = b_.CreateICmpUGE(b_.CreateAnd(ip, n(kPltMask)), n(kPltPushed));
    llvm::Value* plt = b_.CreateAdd(sp, b_.CreateSelect(pushed, n(2 * kWord), n(kWord)));
    set(Walk::kTarget, b_.CreateSelect(is(UnwindRule::Plt), plt, cfa));
    when(is(UnwindRule::AtBp), [&] { set(Walk::kTarget, read_user(cfa)); });
    cfa = get(Walk::kTarget);
    // Stacks grow downwards: what leads elsewhere is no stack.
    when(b_.CreateICmpULE(cfa, sp), [&] { fail(); });
    when(b_.CreateIsNull(member_of(row, offsetof(UnwindRow, keeps_bp), 1, false)), [&] {
      set(Walk::kBp, read_user(b_.CreateAdd(cfa, member_of(row, offsetof(UnwindRow, bp), 2, true))));
    });
    llvm::Value* caller = read_user(b_.CreateSub(cfa, n(kWord)));
    set(Walk::kSp, cfa);
    go_to(caller, b_.CreateSub(caller, n(1)));
  }

  // The next frame; `call` is what is looked for: the caller's code stands before the place that it returns
  // to.
  void go_to(llvm::Value* ip, llvm::Value* call) {
    when(b_.CreateIsNull(ip), [&] { callback_.end(true); });
    llvm::Value* count = get(Walk::kCount);
    when(b_.CreateICmpUGE(count, n(limit_)), [&] { callback_.end(true); });
    llvm::Value* offset = b_.CreateAdd(b_.CreateShl(count, 3), n(Walk::kFrames));
    b_.CreateAlignedStore(ip, b_.CreateGEP(b_.getInt8Ty(), walk_, offset), kWordAlign);
    set(Walk::kCount, b_.CreateAdd(count, n(1)));
    set(Walk::kIp, ip);
    set(Walk::kTarget, call);
    start_search(get(Walk::kFirstMapping), get(Walk::kEndMapping));
    set(Walk::kInRows, n(0));
    callback_.end(false);
  }

  void start_search(llvm::Value* first, llvm::Value* end) {
    set(Walk::kFirst, first);
    set(Walk::kLow, first);
    set(Walk::kHigh, end);
  }

  void fail() {
    set(Walk::kFailed, n(1));
    callback_.end(true);
  }

  llvm::Value* lookup(llvm::Value* map, llvm::Value* index) {
    b_.CreateAlignedStore(b_.CreateTrunc(index, b_.getInt32Ty()), key_, llvm::Align(4));
    llvm::Value* entry = p_.call(Helper::map_lookup_elem, {map, key_});
    when(b_.CreateIsNull(entry), [&] { fail(); });
    return entry;
  }

  llvm::Value* read_user(llvm::Value* address) {
    llvm::Value* code = p_.call(Helper::probe_read_user, {word_, n(kWord), address});
    when(b_.CreateICmpSLT(code, n(0)), [&] { fail(); });
    return b_.CreateAlignedLoad(b_.getInt64Ty(), word_, kWordAlign);
  }

  llvm::Value* member_of(llvm::Value* entry, uint64_t offset, uint32_t size, bool is_signed) {
    llvm::Value* value =
        b_.CreateAlignedLoad(b_.getIntNTy(size * 8), p_.at(entry, offset), llvm::Align(size));
    return is_signed ? b_.CreateSExt(value, b_.getInt64Ty()) : b_.CreateZExt(value, b_.getInt64Ty());
  }

  // `then` may end the round.
  void when(llvm::Value* condition, const std::function<void()>& then) {
    llvm::BasicBlock *yes = callback_.block("when"), *next = callback_.block("next");
    b_.CreateCondBr(condition, yes, next);
    b_.SetInsertPoint(yes);
    then();
    if (!b_.GetInsertBlock()->getTerminator()) b_.CreateBr(next);
    b_.SetInsertPoint(next);
  }

  llvm::Value* n(uint64_t value) { return p_.number(value); }
  llvm::Value* get(uint32_t offset) {
    return b_.CreateAlignedLoad(b_.getInt64Ty(), p_.at(walk_, offset), kWordAlign);
  }
  void set(uint32_t offset, llvm::Value* value) {
    b_.CreateAlignedStore(value, p_.at(walk_, offset), kWordAlign);
  }

  ProgramEmitter& p_;
  llvm::IRBuilder<>& b_;
  uint32_t limit_;
  Callback callback_;
  llvm::Value *key_ = nullptr, *word_ = nullptr, *walk_ = nullptr;
};

}  // namespace

UnwoundStack unwind_user_stack(ProgramEmitter& p, llvm::Value* process, Destination frames, uint32_t limit) {
  auto& b = p.b;
  const uint32_t size = Walk::kFrames + limit * kWord;
  llvm::Value* walk = p.temporary(std::max(size, p.plan.config.on_stack_limit + kWord));
  const auto set = [&](uint32_t offset, llvm::Value* value) {
    b.CreateAlignedStore(value, p.at(walk, offset), kWordAlign);
  };
  const auto get = [&](uint32_t offset) {
    return b.CreateAlignedLoad(b.getInt64Ty(), p.at(walk, offset), kWordAlign);
  };
  p.zero(walk, kWordAlign, size);
  // What user code had in its registers when the kernel was entered.
  llvm::Value* task = p.call(Helper::get_current_task_btf, {});
  llvm::Value* registers = p.call(Helper::task_pt_regs, {task});
  for (const auto& [to, from] : {std::pair(Walk::kIp, kRegsIp), {Walk::kSp, kRegsSp}, {Walk::kBp, kRegsBp}})
    p.call(Helper::probe_read_kernel,
           {p.at(walk, to), p.number(kWord), b.CreateAdd(registers, p.number(from))});
  llvm::Value* ip = get(Walk::kIp);
  // Threads of the kernel have none.
  p.when(b.CreateIsNotNull(ip), [&] {
    set(Walk::kTarget, ip);
    set(Walk::kFrames, ip);
    set(Walk::kCount, p.number(1));
    llvm::Value* key = p.word(process);  // its lower half
    llvm::Value* known = p.call(Helper::map_lookup_elem, {p.module.maps.unwinding().processes, key});
    set(Walk::kFailed, p.number(1));
    p.when(b.CreateIsNotNull(known), [&] {
      const auto half = [&](uint64_t offset) {
        llvm::Value* value = b.CreateAlignedLoad(b.getInt32Ty(), p.at(known, offset), llvm::Align(4));
        return b.CreateZExt(value, b.getInt64Ty());
      };
      llvm::Value* first = half(offsetof(UnwindProcess, first));
      llvm::Value* end = b.CreateAdd(first, half(offsetof(UnwindProcess, mappings)));
      for (const uint32_t offset : {Walk::kFirst, Walk::kFirstMapping, Walk::kLow}) set(offset, first);
      for (const uint32_t offset : {Walk::kHigh, Walk::kEndMapping}) set(offset, end);
      set(Walk::kFailed, p.number(0));
      llvm::Value* data = p.stack_temporary(kWord);
      b.CreateAlignedStore(walk, data, kWordAlign);
      const uint64_t rounds = uint64_t{limit + 1} * (kMappingSteps + kRowSteps + 2);
      llvm::Function* round = Round(p, limit).function();
      p.call(Helper::loop, {p.number(std::min(rounds, kMostRounds)), round, data, p.number(0)});
    });
  });
  p.copy(frames.pointer, frames.align, p.at(walk, Walk::kFrames), kWordAlign, uint64_t{limit} * kWord);
  return {get(Walk::kCount), get(Walk::kFailed)};
}

}  // namespace tracer

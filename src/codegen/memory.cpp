// Memory of a program: the BPF stack within a budget, else the scratch frame.
#include "codegen/memory_ops.h"
#include "codegen/program_emitter.h"

namespace tracer {
namespace {

// Of the 512 bytes that all functions of a program have together; the rest is for the registers
// that LLVM spills. Each function that is called within another takes some for its own.
constexpr uint32_t kStackBudget = 320;
constexpr uint32_t kSpillsOfFunction = 72;
constexpr uint32_t kLeastBudget = 64;
// More variables than these would only be spilled.
constexpr uint32_t kVariablesInRegisters = 12;
constexpr uint32_t kLeastInRegisters = 4;
constexpr uint32_t kWord = 8;
const llvm::Align kWordAlign(8);
// Memory that is not aligned to words is accessed in pieces as large as the alignment. LLVM reads all pieces
// before it writes the first, so more of them than these would be spilled.
constexpr uint64_t kInlinePieces = 8;

bool inlined_in_pieces(CodeTarget target, uint64_t size, llvm::Align align) {
  return target == CodeTarget::Host || size <= kInlinePieces * align.value();
}

uint32_t round_up(uint32_t size) { return (size + kWord - 1) / kWord * kWord; }

llvm::Type* memory_type(llvm::IRBuilder<>& b, const Type& type) {
  return b.getIntNTy(8 * std::clamp<uint32_t>(type.size, 1, 8));
}

}  // namespace

bool in_memory(const Type& type) {
  switch (type.kind) {
    case TypeKind::String:
    case TypeKind::Buffer:
    case TypeKind::Array:
    case TypeKind::Struct:
    case TypeKind::Tuple:
    case TypeKind::Record:
    case TypeKind::KernelStack:
    case TypeKind::UserStack:
    case TypeKind::UserSymbol:
    case TypeKind::Inet:
    case TypeKind::MacAddress:
    case TypeKind::Timestamp:
    case TypeKind::CgroupPath:
      return true;
    default:
      return false;
  }
}

// ---------------------------------------------------------------- where values live

bool ProgramEmitter::fits_stack(uint32_t size) const {
  if (module.stack == StackUse::Least) return size <= kWord && stack_used_ + size <= kLeastBudget;
  uint32_t spills = kSpillsOfFunction * nesting_;
  uint32_t budget = spills + kLeastBudget < kStackBudget ? kStackBudget - spills : kLeastBudget;
  return size <= std::max(plan.config.on_stack_limit, kWord) && stack_used_ + size <= budget;
}

llvm::Value* ProgramEmitter::stack_memory(uint32_t size) {
  stack_used_ += size;
  return stack_slot(llvm::ArrayType::get(b.getInt64Ty(), size / kWord), "memory");
}

llvm::Value* ProgramEmitter::frame_memory(uint32_t offset) {
  return at(b.CreateLoad(b.getPtrTy(), function_->frame), offset);
}

uint32_t ProgramEmitter::keep_in_frame(uint32_t size) {
  uint32_t offset = unit_->frame_top;
  unit_->frame_top += round_up(size);
  unit_->frame_size = std::max(unit_->frame_size, unit_->frame_top);
  return offset;
}

// Variables whose place does not depend on the function that uses them: those that several use,
// large ones, and those for which there are no registers. The others get stack memory where they
// are first used.
void ProgramEmitter::place_variables() {
  const auto& locals = unit_->clause->locals;
  unit_->frame_locals.resize(locals.size());
  const uint32_t most = module.stack == StackUse::Least ? kLeastInRegisters : kVariablesInRegisters;
  uint32_t in_registers = 0;
  for (size_t i = 0; i < locals.size(); i++) {
    if (!unit_->use.locals[i].used || unit_->frame_locals[i]) continue;
    bool memory = in_memory(locals[i].type);
    uint32_t size = round_up(memory ? locals[i].type.size : kWord);
    bool fits = memory ? fits_stack(size) : in_registers++ < most;
    if (unit_->use.locals[i].shared || !fits)
      unit_->frame_locals[i] = keep_in_frame(size);
    else if (memory)
      stack_used_ += size;
  }
  if (unit_->use.leaves_loop) unit_->leaving_slot = keep_in_frame(2 * kWord);
}

llvm::Value* ProgramEmitter::variable_address(uint32_t local) {
  if (unit_->frame_locals[local]) return frame_memory(*unit_->frame_locals[local]);
  llvm::Value*& address = function_->variables[local];
  if (!address) {
    const Type& type = local_type(local);
    uint32_t words = in_memory(type) ? round_up(type.size) / kWord : 1;
    address = stack_slot(llvm::ArrayType::get(b.getInt64Ty(), words), "variable");
    // Values are looked at by whole words.
    llvm::IRBuilder<> entry(function_->entry);
    if (!in_memory(type) || type.size % kWord)
      entry.CreateAlignedStore(
          number(0), entry.CreateConstInBoundsGEP1_64(b.getInt64Ty(), address, words - 1), kWordAlign);
  }
  return address;
}

llvm::Value* ProgramEmitter::temporary(uint32_t size) {
  llvm::Value* memory = reserve_temporary(std::max(round_up(size), kWord));
  // Values are looked at by whole words, and the verifier wants every byte to have been written.
  if (size % kWord) b.CreateAlignedStore(number(0), at(memory, size / kWord * kWord), kWordAlign);
  return memory;
}

llvm::Value* ProgramEmitter::reserve_temporary(uint32_t size, bool on_stack) {
  auto& free = function_->free_stack;
  for (auto it = free.begin(); it != free.end(); ++it) {
    if (it->second < size || it->second > 2 * size) continue;
    temporaries_.push_back({it->first, it->second});
    free.erase(it);
    return temporaries_.back().stack;
  }
  if (on_stack || fits_stack(size)) {
    temporaries_.push_back({stack_memory(size), size});
    return temporaries_.back().stack;
  }
  temporaries_.push_back({nullptr, size});
  return frame_memory(keep_in_frame(size));
}

llvm::Value* ProgramEmitter::zeroed_temporary(uint32_t size) {
  llvm::Value* memory = temporary(size);
  zero(memory, kWordAlign, std::max(round_up(size), kWord));
  return memory;
}

llvm::Value* ProgramEmitter::word(llvm::Value* value) {
  llvm::Value* memory = temporary(kWord);
  b.CreateAlignedStore(value, memory, kWordAlign);
  return memory;
}

void ProgramEmitter::release_temporaries(size_t mark) {
  while (temporaries_.size() > mark) {
    const Temporary& last = temporaries_.back();
    if (last.stack)
      function_->free_stack.emplace_back(last.stack, last.size);
    else
      unit_->frame_top -= last.size;
    temporaries_.pop_back();
  }
}

llvm::Value* ProgramEmitter::array_key(uint32_t index) {
  // One slot of each function serves all such keys: a key is used at once.
  llvm::Value*& slot = function_->variables[~uint32_t{0}];
  if (!slot) slot = stack_slot(b.getInt64Ty(), "key");
  b.CreateAlignedStore(b.getInt32(index), slot, kWordAlign);
  return slot;
}

// ---------------------------------------------------------------- loading and storing

llvm::Value* ProgramEmitter::at(llvm::Value* pointer, uint64_t offset) {
  return offset ? b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), pointer, offset) : pointer;
}

Destination ProgramEmitter::at(Destination base, uint64_t offset) {
  return {at(base.pointer, offset), llvm::commonAlignment(base.align, offset), base.rest};
}

llvm::Value* ProgramEmitter::canonical(llvm::Value* value, const Type& type) {
  if (type.is(TypeKind::Bool)) return b.CreateZExt(b.CreateIsNotNull(value), b.getInt64Ty());
  if (type.size == 0 || type.size >= 8 || in_memory(type)) return value;
  llvm::Value* narrow = b.CreateTrunc(value, memory_type(b, type));
  return type.is_signed ? b.CreateSExt(narrow, b.getInt64Ty()) : b.CreateZExt(narrow, b.getInt64Ty());
}

llvm::Value* ProgramEmitter::load(llvm::Value* pointer, const Type& type, llvm::Align align) {
  llvm::Type* width = memory_type(b, type);
  llvm::Align natural = std::min(align, llvm::Align(std::bit_floor(std::clamp<uint32_t>(type.size, 1, 8))));
  llvm::Value* value = b.CreateAlignedLoad(width, pointer, natural);
  if (type.is(TypeKind::Bool)) return canonical(b.CreateZExt(value, b.getInt64Ty()), type);
  return type.is_signed ? b.CreateSExt(value, b.getInt64Ty()) : b.CreateZExt(value, b.getInt64Ty());
}

void ProgramEmitter::store(llvm::Value* value, const Type& type, llvm::Value* pointer, llvm::Align align) {
  llvm::Align natural = std::min(align, llvm::Align(std::bit_floor(std::clamp<uint32_t>(type.size, 1, 8))));
  b.CreateAlignedStore(b.CreateTrunc(canonical(value, type), memory_type(b, type)), pointer, natural);
}

void ProgramEmitter::zero(llvm::Value* pointer, llvm::Align align, uint64_t size) {
  if (size == 0) return;
  if (align >= kWordAlign) return emit_zero(b, module.target, pointer, size);
  if (inlined_in_pieces(module.target, size, align))
    b.CreateMemSet(pointer, b.getInt8(0), size, align);
  else
    call(Helper::probe_read_kernel, {pointer, number(size), null()});
}

void ProgramEmitter::copy(llvm::Value* to, llvm::Align to_align, llvm::Value* from, llvm::Align from_align,
                          uint64_t size) {
  if (size == 0 || to == from) return;
  if (to_align >= kWordAlign && from_align >= kWordAlign) return emit_copy(b, module.target, to, from, size);
  if (inlined_in_pieces(module.target, size, std::min(to_align, from_align)))
    b.CreateMemCpy(to, to_align, from, from_align, size);
  else
    call(Helper::probe_read_kernel, {to, number(size), from});
}

// Verifiers before 6.8 know the constants that stand on the stack, but do not note that a branch depended on
// them when they were read through another register than r10. They took paths with other constants for the
// same, and removed the branch. They forget what they know of a number that is negated.
llvm::Value* ProgramEmitter::load_unknown(llvm::Value* address) {
  llvm::Value* word = b.CreateAlignedLoad(b.getInt64Ty(), address, kWordAlign);
  if (module.target == CodeTarget::Host) return word;
  auto* type = llvm::FunctionType::get(b.getInt64Ty(), {b.getInt64Ty()}, false);
  auto* twice = llvm::InlineAsm::get(type, "$0 = -$0\n$0 = -$0", "=r,0", /*hasSideEffects=*/false);
  return b.CreateCall(twice, {word});
}

// ---------------------------------------------------------------- conversion in memory

void ProgramEmitter::convert(llvm::Value* source, llvm::Align source_align, const Type& from, const Type& to,
                             Destination into) {
  if (!in_memory(to)) return store(load(source, from, source_align), to, into.pointer, into.align);
  bool fields = (to.is(TypeKind::Tuple) || to.is(TypeKind::Record)) && to.fields && from.fields;
  if (!fields || same_type(from, to)) {
    uint32_t size = std::min(from.size, to.size);
    copy(into.pointer, into.align, source, source_align, size);
    if (into.rest == Destination::Rest::IsZero || to.size == size) return;
    Destination tail = at(into, size);
    return zero(tail.pointer, tail.align, to.size - size);
  }
  if (into.rest == Destination::Rest::MakeZero) {
    zero(into.pointer, into.align, to.size);
    into.rest = Destination::Rest::IsZero;
  }
  for (size_t i = 0; i < to.fields->size(); i++) {
    const Field& target = (*to.fields)[i];
    const Field* origin = i < from.fields->size() ? &(*from.fields)[i] : nullptr;
    for (const Field& candidate : *from.fields)
      if (!target.name.empty() && candidate.name == target.name) origin = &candidate;
    if (!origin) continue;
    convert(at(source, origin->offset), llvm::commonAlignment(source_align, origin->offset), origin->type,
            target.type, at(into, target.offset));
  }
}

}  // namespace tracer

#include <linux/bpf.h>

#include "codegen/program_emitter.h"

namespace tracer {

using ast::BinaryOp;

namespace {

const llvm::Align kWordAlign(8);
constexpr uint32_t kWord = 8;

uint32_t written_word(const MapPlan& map) { return map.value_size - kWord; }

std::optional<llvm::AtomicRMWInst::BinOp> atomic_operation(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add:
    case BinaryOp::Subtract:
      return llvm::AtomicRMWInst::Add;  // of the negated value
    case BinaryOp::BitAnd:
      return llvm::AtomicRMWInst::And;
    case BinaryOp::BitOr:
      return llvm::AtomicRMWInst::Or;
    case BinaryOp::BitXor:
      return llvm::AtomicRMWInst::Xor;
    default:
      return std::nullopt;
  }
}

}  // namespace

llvm::Value* ProgramEmitter::map_key(const MapPlan& map, const ast::Expr* key, llvm::Value* bucket) {
  if (map.has_written_word()) return array_key(0);
  llvm::Value* memory = temporary(map.key_size);
  if (key && !in_memory(map.key)) {
    // One word: the value's bytes, then zeros.
    uint64_t mask = map.key.size >= kWord ? ~uint64_t{0} : (uint64_t{1} << (8 * map.key.size)) - 1;
    b.CreateAlignedStore(b.CreateAnd(canonical(lower(*key), map.key), mask), memory, kWordAlign);
  } else if (key) {
    zero(memory, kWordAlign, map.key_size);
    lower_into(*key, map.key, {memory, kWordAlign, Destination::Rest::IsZero});
  }
  if (map.bucketed()) {
    if (!bucket) bucket = number(0);
    b.CreateAlignedStore(bucket, at(memory, map.key_size - kWord), kWordAlign);
  }
  return memory;
}

llvm::Value* ProgramEmitter::lookup(uint32_t map, llvm::Value* key) {
  return call(Helper::map_lookup_elem, {module.maps.script_map(map), key});
}

// ---------------------------------------------------------------- writing

void ProgramEmitter::update_entry(uint32_t map_index, llvm::Value* key, std::optional<uint32_t> full_counter,
                                  const std::function<void(llvm::Value*)>& update) {
  const MapPlan& map = plan.maps[map_index];
  llvm::Value* value = lookup(map_index, key);
  if (map.has_written_word()) {
    when(b.CreateIsNotNull(value), [&] {
      update(value);
      b.CreateAlignedStore(number(1), at(value, written_word(map)), kWordAlign);
    });
    return;
  }
  llvm::BasicBlock* create = block("create");
  llvm::BasicBlock* full = block("full");
  llvm::BasicBlock* found = block("found");
  llvm::BasicBlock* done = block("done");
  llvm::BasicBlock* before = b.GetInsertBlock();
  b.CreateCondBr(b.CreateIsNull(value), create, found);

  // Somebody else may create it at the same time: then theirs is updated.
  b.SetInsertPoint(create);
  llvm::Value* zeros = zeroed_temporary(map.value_size);
  llvm::Value* code =
      call(Helper::map_update_elem, {module.maps.script_map(map_index), key, zeros, number(BPF_NOEXIST)});
  llvm::Value* created = lookup(map_index, key);
  llvm::BasicBlock* create_end = b.GetInsertBlock();
  b.CreateCondBr(b.CreateIsNull(created), full, found);

  b.SetInsertPoint(full);
  count(full_counter, code);
  b.CreateBr(done);

  b.SetInsertPoint(found);
  llvm::PHINode* entry = b.CreatePHI(b.getPtrTy(), 2);
  entry->addIncoming(value, before);
  entry->addIncoming(created, create_end);
  update(entry);
  enter(done);
}

void ProgramEmitter::store_map(const ast::MapRef& target, const ast::Expr& value,
                               std::optional<uint32_t> full_counter) {
  const MapPlan& map = plan.maps[target.map];
  bool memory = in_memory(map.value);
  if (map.has_written_word()) {
    llvm::Value* made = memory ? lower(value) : canonical(lower(value), map.value);
    update_entry(target.map, map_key(map, target.key), full_counter, [&](llvm::Value* entry) {
      if (memory)
        convert(made, kWordAlign, value.type, map.value, {entry});
      else
        b.CreateAlignedStore(made, entry, kWordAlign);
    });
    return;
  }
  llvm::Value* bytes;
  if (memory) {
    bytes = zeroed_temporary(map.value_size);
    lower_into(value, map.value, {bytes, kWordAlign, Destination::Rest::IsZero});
  } else {
    bytes = word(canonical(lower(value), map.value));
  }
  llvm::Value* key = map_key(map, target.key);
  llvm::Value* code =
      call(Helper::map_update_elem, {module.maps.script_map(target.map), key, bytes, number(BPF_ANY)});
  if (full_counter) when(b.CreateIsNotNull(code), [&] { count(full_counter, code); });
}

ProgramEmitter::Change ProgramEmitter::change_map(const ast::MapRef& target, BinaryOp op, llvm::Value* value,
                                                  std::optional<uint32_t> full_counter,
                                                  std::optional<uint32_t> divide_counter) {
  const MapPlan& map = plan.maps[target.map];
  llvm::Value* key = map_key(map, target.key);
  llvm::AllocaInst* before = shared_word("before");
  llvm::AllocaInst* after = shared_word("after");
  b.CreateStore(number(0), before);
  b.CreateStore(number(0), after);
  update_entry(target.map, key, full_counter, [&](llvm::Value* entry) {
    llvm::Value* old;
    auto atomic = atomic_operation(op);
    if (atomic) {
      // On the whole word: the value's own bytes come out the same.
      llvm::Value* operand = op == BinaryOp::Subtract ? b.CreateNeg(value) : value;
      old = b.CreateAtomicRMW(*atomic, entry, operand, llvm::MaybeAlign(8), llvm::AtomicOrdering::Monotonic);
      old = canonical(old, map.value);
    } else {
      old = load(entry, map.value, kWordAlign);
    }
    llvm::Value* changed = arithmetic(op, old, value, map.value, divide_counter);
    if (!atomic) b.CreateAlignedStore(changed, entry, kWordAlign);
    b.CreateStore(old, before);
    b.CreateStore(changed, after);
  });
  return {b.CreateLoad(b.getInt64Ty(), before), b.CreateLoad(b.getInt64Ty(), after)};
}

// ---------------------------------------------------------------- reading

llvm::Value* ProgramEmitter::read_map(const ast::MapRef& map_ref) {
  const MapPlan& map = plan.maps[map_ref.map];
  if (map.kind != MapKind::Plain) return canonical(read_aggregate(map_ref), map_ref.type);
  auto missing = [&]() -> llvm::Value* {
    count(map_ref.failure_counter, number(0));
    return number(0);
  };
  llvm::Value* entry = lookup(map_ref.map, map_key(map, map_ref.key));
  return choose(
      b.CreateIsNotNull(entry), [&] { return load(entry, map.value, kWordAlign); }, missing);
}

void ProgramEmitter::read_map_into(const ast::MapRef& map_ref, const Type& type, Destination into) {
  const MapPlan& map = plan.maps[map_ref.map];
  llvm::Value* entry = lookup(map_ref.map, map_key(map, map_ref.key));
  llvm::BasicBlock* there = block("there");
  llvm::BasicBlock* missing = block("missing");
  llvm::BasicBlock* done = block("done");
  b.CreateCondBr(b.CreateIsNull(entry), missing, there);
  b.SetInsertPoint(there);
  convert(entry, kWordAlign, map.value, type, into);
  b.CreateBr(done);
  b.SetInsertPoint(missing);
  count(map_ref.failure_counter, number(0));
  if (into.rest != Destination::Rest::IsZero) zero(into.pointer, into.align, type.size);
  enter(done);
}

llvm::Value* ProgramEmitter::read_aggregate(const ast::MapRef& map) {
  llvm::Value* value = read_aggregate(map.map, map_key(plan.maps[map.map], map.key));
  if (!map.failure_counter) return value;
  llvm::Value* found = b.CreateLoad(b.getInt64Ty(), shared_word("found"));
  when(b.CreateIsNull(found), [&] { count(map.failure_counter, number(0)); });
  return value;
}

llvm::Value* ProgramEmitter::read_aggregate(uint32_t map_index, llvm::Value* key) {
  const MapPlan& map = plan.maps[map_index];
  llvm::AllocaInst* first = shared_word("first");  // total, or extreme
  llvm::AllocaInst* calls = shared_word("calls");  // of averages
  llvm::AllocaInst* found = shared_word("found");
  for (llvm::AllocaInst* slot : {first, calls, found}) b.CreateStore(number(0), slot);
  auto get = [&](llvm::Value* slot) { return b.CreateAlignedLoad(b.getInt64Ty(), slot, kWordAlign); };
  bool extreme = map.kind == MapKind::Min || map.kind == MapKind::Max;
  bool average = map.kind == MapKind::Avg || map.kind == MapKind::Stats;

  repeat(fact(&RunFacts::possible_cpus), [&](llvm::Value* cpu) {
    llvm::Value* entry = call(Helper::map_lookup_percpu_elem, {module.maps.script_map(map_index), key, cpu});
    llvm::Value* missing = b.CreateIsNull(entry);
    when(b.CreateNot(missing), [&] {
      llvm::Value* one = get(entry);
      llvm::Value* sum = get(first);
      llvm::Value* larger = b.CreateBinaryIntrinsic(llvm::Intrinsic::umax, sum, one);
      b.CreateStore(extreme ? larger : b.CreateAdd(sum, one), first);
      if (average) b.CreateStore(b.CreateAdd(get(calls), get(at(entry, kWord))), calls);
      llvm::Value* written = map.has_written_word() ? get(at(entry, written_word(map))) : number(1);
      b.CreateStore(b.CreateOr(get(found), written), found);
    });
    return missing;
  });

  llvm::Value* value = get(first);
  if (average) {
    Type type = int_type(8, map.value.is_signed);
    llvm::Value* count = get(calls);
    return choose(
        b.CreateIsNull(count), [&] { return number(0); },
        [&] { return arithmetic(BinaryOp::Divide, value, count, type, {}); });
  }
  if (!extreme) return value;
  if (map.kind == MapKind::Min) value = b.CreateNot(value);
  if (map.value.is_signed) value = b.CreateXor(value, number(uint64_t{1} << 63));
  return b.CreateSelect(b.CreateIsNotNull(get(found)), value, number(0));
}

}  // namespace tracer

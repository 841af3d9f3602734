// count sum min max avg stats hist lhist tseries: how each call changes the entry of its CPU.
//
// Programs can interrupt one another on a CPU, so that even per-CPU entries are changed atomically.
#include "codegen/builtins.h"

namespace tracer {
namespace {

constexpr uint32_t kWord = 8;
constexpr uint32_t kSeriesMeta = 8, kSeriesEpoch = 16;  // in a bucket of a time series
constexpr int kMaxTries = 4;                            // how often another program may get in between

void add(ProgramEmitter& p, llvm::Value* to, llvm::Value* value) {
  p.b.CreateAtomicRMW(llvm::AtomicRMWInst::Add, to, value, llvm::MaybeAlign(kWord),
                      llvm::AtomicOrdering::Monotonic);
}

const MapPlan& map_of(ProgramEmitter& p, const BuiltinUse& use) { return p.plan.maps[use.target->map]; }

void update(ProgramEmitter& p, const BuiltinUse& use, llvm::Value* key,
            const std::function<void(llvm::Value*)>& change) {
  p.update_entry(use.target->map, key, use.map_full_counter, change);
}

llvm::Value* plain_key(ProgramEmitter& p, const BuiltinUse& use) {
  return p.map_key(map_of(p, use), use.target->key);
}

llvm::Value* add_total(ProgramEmitter& p, const BuiltinUse& use, bool with_calls) {
  llvm::Value* value = p.lower(*use.args[0]);
  update(p, use, plain_key(p, use), [&](llvm::Value* entry) {
    add(p, entry, value);
    if (with_calls) add(p, p.at(entry, kWord), p.number(1));
  });
  return nullptr;
}

void raise_to(ProgramEmitter& p, llvm::Value* entry, llvm::Value* value) {
  auto relaxed = llvm::AtomicOrdering::Monotonic;
  llvm::BasicBlock* done = p.block("extreme");
  llvm::Value* current = p.b.CreateAlignedLoad(p.b.getInt64Ty(), entry, llvm::Align(kWord), true);
  for (int i = 0; i < kMaxTries; i++) {
    llvm::BasicBlock* attempt = p.block("raise");
    llvm::BasicBlock* again = p.block("again");
    p.b.CreateCondBr(p.b.CreateICmpUGT(value, current), attempt, done);
    p.b.SetInsertPoint(attempt);
    llvm::Value* exchange =
        p.b.CreateAtomicCmpXchg(entry, current, value, llvm::MaybeAlign(kWord), relaxed, relaxed);
    llvm::Value* seen = p.b.CreateExtractValue(exchange, 0);
    p.b.CreateCondBr(p.b.CreateICmpEQ(seen, current), done, again);
    p.b.SetInsertPoint(again);
    current = seen;
  }
  p.when(p.b.CreateICmpUGT(value, current),
         [&] { p.b.CreateAlignedStore(value, entry, llvm::Align(kWord)); });
  p.enter(done);
}

// How a value is kept where the larger word always wins and 0 is weakest (MapKind in plan.h).
llvm::Value* encode_extreme(ProgramEmitter& p, llvm::Value* value, bool is_signed, bool smallest) {
  if (is_signed) value = p.b.CreateXor(value, p.number(uint64_t{1} << 63));
  return smallest ? p.b.CreateNot(value) : value;
}

llvm::Value* keep_extreme(ProgramEmitter& p, const BuiltinUse& use) {
  const MapPlan& map = map_of(p, use);
  llvm::Value* value =
      encode_extreme(p, p.lower(*use.args[0]), map.value.is_signed, map.kind == MapKind::Min);
  update(p, use, plain_key(p, use), [&](llvm::Value* entry) { raise_to(p, entry, value); });
  return nullptr;
}

llvm::Value* count_bucket(ProgramEmitter& p, const BuiltinUse& use, llvm::Value* bucket) {
  llvm::Value* key = p.map_key(map_of(p, use), use.target->key, bucket);
  update(p, use, key, [&](llvm::Value* entry) { add(p, entry, p.number(1)); });
  return nullptr;
}

// Starts a bucket of a time series again when it holds values of an earlier interval. A program that
// interrupts this one just here may lose its value.
void restart_bucket(ProgramEmitter& p, llvm::Value* entry, llvm::Value* epoch) {
  llvm::Value* place = p.at(entry, kSeriesEpoch);
  llvm::Value* kept = p.b.CreateAlignedLoad(p.b.getInt64Ty(), place, llvm::Align(kWord));
  p.when(p.b.CreateICmpNE(kept, epoch), [&] {
    for (uint64_t offset : {uint64_t{0}, uint64_t{kSeriesMeta}})
      p.b.CreateAlignedStore(p.number(0), p.at(entry, offset), llvm::Align(kWord));
    p.b.CreateAlignedStore(epoch, place, llvm::Align(kWord));
  });
}

void keep_in_bucket(ProgramEmitter& p, const MapPlan& map, llvm::Value* entry, llvm::Value* value,
                    llvm::Value* now) {
  llvm::Value* meta = p.at(entry, kSeriesMeta);
  switch (map.series_aggregate) {
    case SeriesAggregate::Last:
      p.b.CreateAlignedStore(value, entry, llvm::Align(kWord));
      p.b.CreateAlignedStore(now, meta, llvm::Align(kWord));
      return;
    case SeriesAggregate::Max:
    case SeriesAggregate::Min: {
      const bool smallest = map.series_aggregate == SeriesAggregate::Min;
      raise_to(p, entry, encode_extreme(p, value, map.value.is_signed, smallest));
      break;
    }
    case SeriesAggregate::Avg:
    case SeriesAggregate::Sum:
      add(p, entry, value);
      break;
  }
  add(p, meta, p.number(1));
}

// LANGUAGE 5.4.
llvm::Value* log2_bucket(ProgramEmitter& p, llvm::Value* n, uint32_t k) {
  auto& b = p.b;
  llvm::Value* leading = b.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, n, b.getTrue());
  llvm::Value* highest = b.CreateSub(p.number(63), leading);  // p
  llvm::Value* shift = b.CreateSub(highest, p.number(k));     // p - k
  llvm::Value* fraction = b.CreateAnd(b.CreateLShr(n, b.CreateAnd(shift, 63)), (uint64_t{1} << k) - 1);
  llvm::Value* large = b.CreateAdd(b.CreateShl(b.CreateAdd(shift, p.number(1)), k), fraction);
  large = b.CreateAdd(large, p.number(1));
  llvm::Value* small = b.CreateAdd(n, p.number(1));
  llvm::Value* bucket = b.CreateSelect(b.CreateICmpULT(n, p.number(uint64_t{1} << k)), small, large);
  return b.CreateSelect(b.CreateICmpSLT(n, p.number(0)), p.number(0), bucket);
}

// LANGUAGE 5.5.
llvm::Value* linear_bucket(ProgramEmitter& p, llvm::Value* n, bool is_signed, const MapPlan& map) {
  auto& b = p.b;
  llvm::Value* low = p.number(map.lhist_min);
  llvm::Value* high = p.number(map.lhist_max);
  llvm::Value* below = is_signed ? b.CreateICmpSLT(n, low) : b.CreateICmpULT(n, low);
  llvm::Value* above = is_signed ? b.CreateICmpSGT(n, high) : b.CreateICmpUGT(n, high);
  llvm::Value* step = b.CreateUDiv(b.CreateSub(n, low), p.number(map.lhist_step));
  llvm::Value* last = p.number(1 + (map.lhist_max - map.lhist_min) / map.lhist_step);
  llvm::Value* bucket = b.CreateSelect(above, last, b.CreateAdd(step, p.number(1)));
  return b.CreateSelect(below, p.number(0), bucket);
}

}  // namespace

llvm::Value* lower_count(ProgramEmitter& p, const BuiltinUse& use) {
  update(p, use, plain_key(p, use), [&](llvm::Value* entry) { add(p, entry, p.number(1)); });
  return nullptr;
}

llvm::Value* lower_sum(ProgramEmitter& p, const BuiltinUse& use) { return add_total(p, use, false); }
llvm::Value* lower_avg(ProgramEmitter& p, const BuiltinUse& use) { return add_total(p, use, true); }
llvm::Value* lower_stats(ProgramEmitter& p, const BuiltinUse& use) { return add_total(p, use, true); }
llvm::Value* lower_min(ProgramEmitter& p, const BuiltinUse& use) { return keep_extreme(p, use); }
llvm::Value* lower_max(ProgramEmitter& p, const BuiltinUse& use) { return keep_extreme(p, use); }

llvm::Value* lower_hist(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* n = p.lower(*use.args[0]);
  return count_bucket(p, use, log2_bucket(p, n, map_of(p, use).hist_bits));
}

llvm::Value* lower_lhist(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* n = p.lower(*use.args[0]);
  return count_bucket(p, use, linear_bucket(p, n, use.args[0]->type.is_signed, map_of(p, use)));
}

llvm::Value* lower_tseries(ProgramEmitter& p, const BuiltinUse& use) {
  const MapPlan& map = map_of(p, use);
  llvm::Value* value = p.lower(*use.args[0]);
  llvm::Value* now = p.call(Helper::ktime_get_tai_ns, {});
  llvm::Value* epoch = p.b.CreateUDiv(now, p.number(map.series_interval));
  llvm::Value* bucket = p.b.CreateURem(epoch, p.number(map.series_length));
  llvm::Value* key = p.map_key(map, use.target->key, bucket);
  update(p, use, key, [&](llvm::Value* entry) {
    restart_bucket(p, entry, epoch);
    keep_in_bucket(p, map, entry, value, now);
  });
  return nullptr;
}

}  // namespace tracer

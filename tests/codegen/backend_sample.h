// A small module made by hand, for tests of the backend without a parser and passes: what
// `begin { @c[comm] = count(); printf(...) }` becomes, roughly.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include "codegen/debug_info.h"
#include "codegen/helpers.h"
#include "codegen/map_globals.h"
#include "codegen/memory_ops.h"
#include "codegen/module_impl.h"

namespace tracer::backend_sample {

inline constexpr uint32_t kRecordSize = 32;
inline constexpr uint32_t kScratchSize = 4096;

inline Plan sample_plan() {
  Plan plan;
  plan.script = "sample.bt";
  ProbePlan probe;
  probe.provider = Provider::Begin;
  probe.name = "begin";
  probe.program = "begin_1";
  probe.section = "raw_tp/begin";
  plan.probes.push_back(probe);
  MapPlan map;
  map.name = "@c";
  map.symbol = "map_c";
  map.kind = MapKind::Count;
  map.storage = MapStorage::PerCpuHash;
  map.key = string_type(16);
  map.key_size = 16;
  map.value_size = 8;
  map.max_entries = 128;
  plan.maps.push_back(map);
  MapPlan scalar;
  scalar.name = "@n";
  scalar.symbol = "map_n";
  scalar.storage = MapStorage::Array;
  scalar.value = int_type(8, true);
  scalar.value_size = 16;
  scalar.max_entries = 1;
  plan.maps.push_back(scalar);
  EventPlan event;
  event.size = kRecordSize;
  plan.events.push_back(event);
  plan.counters.resize(3);
  plan.uses_data_ring = true;
  plan.uses_control_ring = true;
  return plan;
}

// Emits the body of the sample program and keeps what it needs on the way.
class SampleEmitter {
 public:
  SampleEmitter(Module::Impl& impl, const Plan& plan, const Sources& sources, uint32_t source)
      : impl_(impl),
        debug_(*impl.module, sources, source, impl.target),
        maps_(*impl.module, debug_, plan, impl.target),
        builder_(*impl.context) {}

  void emit(const ProbePlan& probe, bool uses_scratch) {
    auto* type = llvm::FunctionType::get(builder_.getInt64Ty(), {builder_.getPtrTy()}, false);
    function_ =
        llvm::Function::Create(type, llvm::Function::ExternalLinkage, probe.program, impl_.module.get());
    if (impl_.target == CodeTarget::Bpf) function_->setSection(probe.section);
    debug_.enter_function(*function_, Span{0, 0, 5});
    builder_.SetInsertPoint(block("entry"));
    debug_.set_location(builder_, Span{0, 10, 20});
    count_by_comm();
    if (uses_scratch) use_scratch();
    store_scalar();
    debug_.set_location(builder_, Span{0, 30, 40});
    send_record();
    builder_.CreateRet(builder_.getInt64(0));
  }

  void finish() {
    impl_.scratch_size = kScratchSize;
    maps_.finish(kScratchSize);
    debug_.finish();
  }

 private:
  llvm::BasicBlock* block(const char* name) {
    return llvm::BasicBlock::Create(*impl_.context, name, function_);
  }
  llvm::Value* call(Helper helper, llvm::ArrayRef<llvm::Value*> arguments) {
    return call_helper(builder_, impl_.target, helper, arguments);
  }
  llvm::AllocaInst* local(uint64_t size) {
    // In the entry block: elsewhere it would be a stack that grows.
    llvm::IRBuilder<> entry(&function_->getEntryBlock(), function_->getEntryBlock().begin());
    auto* local = entry.CreateAlloca(llvm::ArrayType::get(builder_.getInt8Ty(), size));
    local->setAlignment(llvm::Align(8));
    return local;
  }
  // Goes on in a block where `pointer` is not null; returns the block where both ways meet.
  llvm::BasicBlock* if_not_null(llvm::Value* pointer) {
    llvm::BasicBlock* found = block("found");
    llvm::BasicBlock* done = block("done");
    builder_.CreateCondBr(builder_.CreateIsNull(pointer), done, found);
    builder_.SetInsertPoint(found);
    return done;
  }
  void meet(llvm::BasicBlock* done) {
    builder_.CreateBr(done);
    builder_.SetInsertPoint(done);
  }

  void count_by_comm() {
    llvm::Value* key = local(16);
    emit_zero(builder_, impl_.target, key, 16);
    call(Helper::get_current_comm, {key, builder_.getInt64(16)});
    llvm::Value* zero = local(8);
    emit_zero(builder_, impl_.target, zero, 8);
    call(Helper::map_update_elem, {maps_.script_map(0), key, zero, builder_.getInt64(1)});
    llvm::Value* value = call(Helper::map_lookup_elem, {maps_.script_map(0), key});
    llvm::BasicBlock* done = if_not_null(value);
    builder_.CreateAtomicRMW(llvm::AtomicRMWInst::Add, value, builder_.getInt64(1), llvm::MaybeAlign(8),
                             llvm::AtomicOrdering::Monotonic);
    meet(done);
  }

  llvm::Value* lookup_zero(llvm::Value* map) {
    llvm::Value* key = local(8);
    builder_.CreateStore(builder_.getInt64(0), key);
    return call(Helper::map_lookup_elem, {map, key});
  }

  void store_scalar() {
    llvm::Value* value = lookup_zero(maps_.script_map(1));
    llvm::BasicBlock* done = if_not_null(value);
    builder_.CreateStore(builder_.getInt64(42), value);
    builder_.CreateStore(builder_.getInt64(1), builder_.CreateConstGEP1_64(builder_.getInt64Ty(), value, 1));
    meet(done);
  }

  // Larger than what is zeroed and copied inline.
  void use_scratch() {
    llvm::Value* frame = lookup_zero(maps_.scratch());
    llvm::BasicBlock* done = if_not_null(frame);
    emit_zero(builder_, impl_.target, frame, 1024);
    llvm::Value* second = builder_.CreateConstGEP1_64(builder_.getInt8Ty(), frame, 1024);
    emit_copy(builder_, impl_.target, second, frame, 1000);
    emit_copy(builder_, impl_.target, builder_.CreateConstGEP1_64(builder_.getInt8Ty(), frame, 2048), frame,
              kInlineBytes);
    meet(done);
    llvm::Value* use = lookup_zero(maps_.scratch_use());
    done = if_not_null(use);
    builder_.CreateStore(builder_.getInt64(0), use);
    meet(done);
  }

  void send_record() {
    llvm::Value* record = call(Helper::ringbuf_reserve,
                               {maps_.data_ring(), builder_.getInt64(kRecordSize), builder_.getInt64(0)});
    llvm::BasicBlock* done = if_not_null(record);
    emit_zero(builder_, impl_.target, record, kRecordSize);
    llvm::Value* id = call(Helper::get_current_pid_tgid, {});
    builder_.CreateStore(id, builder_.CreateConstGEP1_64(builder_.getInt64Ty(), record, 1));
    call(Helper::ringbuf_submit, {record, builder_.getInt64(0)});
    meet(done);
  }

  Module::Impl& impl_;
  DebugInfo debug_;
  MapGlobals maps_;
  llvm::IRBuilder<> builder_;
  llvm::Function* function_ = nullptr;
};

// The sample program once for every probe of the plan.
inline Module sample_module(CodeTarget target, const Plan& plan, bool uses_scratch) {
  Sources sources;
  uint32_t source = sources.add("sample.bt", "begin {\n  @c[comm] = count();\n  printf(\"%d\", pid);\n}\n");
  auto impl = make_module(target);
  SampleEmitter emitter(**impl, plan, sources, source);
  for (const ProbePlan& probe : plan.probes) emitter.emit(probe, uses_scratch);
  emitter.finish();
  return Module(std::move(*impl));
}

}  // namespace tracer::backend_sample

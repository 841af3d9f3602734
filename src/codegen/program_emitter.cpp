#include "codegen/program_emitter.h"

namespace tracer {

using ast::Clause;

ProgramEmitter::ProgramEmitter(ModuleEmitter& module, const ast::Program& program)
    : b(module.module.getContext()), module(module), plan(module.plan), program(program) {}

void ProgramEmitter::emit() {
  llvm::FunctionType* type = llvm::FunctionType::get(b.getInt64Ty(), {b.getPtrTy()}, false);
  llvm::Function* function =
      llvm::Function::Create(type, llvm::Function::ExternalLinkage, probe().program, module.module);
  if (module.target == CodeTarget::Bpf) function->setSection(probe().section);

  const Clause& clause = *program.clause;
  CodeUnit unit(*program.clause);
  FunctionState state;
  unit.outermost = &state;
  unit_ = &unit;
  nesting_ = unit.use.nesting;
  begin_function(state, function, clause.span);
  state.context = function->getArg(0);
  llvm::BasicBlock* prologue = block("prologue");
  llvm::BasicBlock* body = block("body");

  b.SetInsertPoint(body);
  place_variables();
  if (clause.filter) {
    llvm::BasicBlock* passed = block("passed");
    b.CreateCondBr(lower_condition(*clause.filter), passed, state.exit);
    b.SetInsertPoint(passed);
    release_temporaries(0);
  }
  if (clause.body) lower_block(*clause.body);
  b.CreateBr(state.exit);

  // Only now is it known whether the program needs a scratch frame.
  module.debug.set_location(b, clause.span);
  b.SetInsertPoint(prologue);
  emit_prologue(body);
  llvm::IRBuilder<>(state.entry).CreateBr(prologue);
  b.SetInsertPoint(state.exit);
  if (unit.frame_size > 0) release_frame();
  b.CreateRet(b.CreateLoad(b.getInt64Ty(), state.result));
  module.scratch_size = std::max(module.scratch_size, unit.frame_size);
}

void ProgramEmitter::begin_function(FunctionState& state, llvm::Function* function, Span span) {
  module.debug.enter_function(*function, span);
  module.debug.set_location(b, span);
  state.function = function;
  function_ = &state;
  state.entry = block("entry");
  state.exit = block("exit");
  state.frame = stack_slot(b.getPtrTy(), "frame");
  state.result = stack_slot(b.getInt64Ty(), "result");
  llvm::IRBuilder<>(state.entry).CreateStore(number(0), state.result);
}

llvm::AllocaInst* ProgramEmitter::stack_slot(llvm::Type* type, const char* name) {
  llvm::IRBuilder<> entry(function_->entry, function_->entry->begin());
  llvm::AllocaInst* slot = entry.CreateAlloca(type, nullptr, name);
  slot->setAlignment(llvm::Align(8));
  return slot;
}

llvm::AllocaInst* ProgramEmitter::shared_word(const char* name) {
  llvm::AllocaInst*& slot = function_->words[name];
  if (!slot) slot = stack_slot(b.getInt64Ty(), name);
  return slot;
}

llvm::Value* ProgramEmitter::context() { return function_->context; }

llvm::BasicBlock* ProgramEmitter::block(const char* name) {
  return llvm::BasicBlock::Create(b.getContext(), name, function_->function);
}

void ProgramEmitter::enter(llvm::BasicBlock* next) {
  if (!b.GetInsertBlock()->getTerminator()) b.CreateBr(next);
  b.SetInsertPoint(next);
}

void ProgramEmitter::when(llvm::Value* condition, const std::function<void()>& then) {
  llvm::BasicBlock* yes = block("then");
  llvm::BasicBlock* done = block("done");
  b.CreateCondBr(condition, yes, done);
  b.SetInsertPoint(yes);
  then();
  enter(done);
}

llvm::Value* ProgramEmitter::choose(llvm::Value* condition, const std::function<llvm::Value*()>& then,
                                    const std::function<llvm::Value*()>& otherwise) {
  llvm::BasicBlock* yes = block("then");
  llvm::BasicBlock* no = block("else");
  llvm::BasicBlock* done = block("done");
  b.CreateCondBr(condition, yes, no);

  b.SetInsertPoint(yes);
  llvm::Value* then_value = then();
  llvm::BasicBlock* then_end = b.GetInsertBlock();
  b.CreateBr(done);

  b.SetInsertPoint(no);
  llvm::Value* else_value = otherwise();
  llvm::BasicBlock* else_end = b.GetInsertBlock();
  b.CreateBr(done);

  b.SetInsertPoint(done);
  llvm::PHINode* value = b.CreatePHI(then_value->getType(), 2);
  value->addIncoming(then_value, then_end);
  value->addIncoming(else_value, else_end);
  return value;
}

void ProgramEmitter::either(llvm::Value* condition, const std::function<void()>& then,
                            const std::function<void()>& otherwise) {
  llvm::BasicBlock* yes = block("then");
  llvm::BasicBlock* no = block("else");
  llvm::BasicBlock* done = block("done");
  b.CreateCondBr(condition, yes, no);
  b.SetInsertPoint(yes);
  then();
  b.CreateBr(done);
  b.SetInsertPoint(no);
  otherwise();
  b.CreateBr(done);
  b.SetInsertPoint(done);
}

llvm::Value* ProgramEmitter::fact(uint64_t RunFacts::*which) {
  if (!module.script.saved) return number(module.facts.*which);
  const auto offset =
      reinterpret_cast<const char*>(&(module.facts.*which)) - reinterpret_cast<const char*>(&module.facts);
  return b.CreateAlignedLoad(b.getInt64Ty(), at(module.saved_facts(), offset), llvm::Align(8));
}

void ProgramEmitter::repeat(llvm::Value* count, const std::function<llvm::Value*(llvm::Value*)>& body) {
  llvm::BasicBlock* before = b.GetInsertBlock();
  llvm::BasicBlock* loop = block("repeat");
  llvm::BasicBlock* next = block("next");
  llvm::BasicBlock* done = block("done");
  b.CreateBr(loop);
  b.SetInsertPoint(loop);
  llvm::PHINode* i = b.CreatePHI(b.getInt64Ty(), 2);
  i->addIncoming(number(0), before);
  if (llvm::Value* stop = body(i))
    b.CreateCondBr(stop, done, next);
  else
    b.CreateBr(next);
  b.SetInsertPoint(next);
  llvm::Value* following = b.CreateAdd(i, number(1));
  i->addIncoming(following, next);
  b.CreateCondBr(b.CreateICmpULT(following, count), loop, done);
  b.SetInsertPoint(done);
}

void ProgramEmitter::leave(llvm::Value* result) {
  if (function_ == unit_->outermost) {
    b.CreateStore(result, function_->result);
  } else {
    b.CreateStore(number(1), frame_memory(unit_->leaving_slot));
    b.CreateStore(result, frame_memory(unit_->leaving_slot + 8));
    b.CreateStore(number(1), function_->result);  // ends the loop
  }
  b.CreateBr(function_->exit);
  b.SetInsertPoint(block("unreachable"));
}

void ProgramEmitter::defect(Span, const std::string& text) {
  if (module.defect.empty()) module.defect = text;
}

// ---------------------------------------------------------------- prologue

void ProgramEmitter::emit_prologue(llvm::BasicBlock* body) {
  filter_process();
  if (program.context.context == ContextKind::Iterator) {
    llvm::BasicBlock* last = block("last_call");
    skip_last_call(last);
    llvm::IRBuilder<>(last).CreateRet(number(0));
  }
  if (unit_->frame_size > 0) return acquire_frame(body);
  b.CreateStore(null(), function_->frame);
  b.CreateBr(body);
}

// With -p these providers fire for that process only (LANGUAGE 12.7).
void ProgramEmitter::filter_process() {
  switch (probe().provider) {
    case Provider::Kprobe:
    case Provider::Kretprobe:
    case Provider::Ksyscall:
    case Provider::Kretsyscall:
    case Provider::Fentry:
    case Provider::Fexit:
    case Provider::Tracepoint:
    case Provider::RawTracepoint:
      break;
    default:
      return;
  }
  if (plan.target_pid == 0) return;
  llvm::BasicBlock* other = block("other_process");
  llvm::BasicBlock* ours = block("our_process");
  llvm::Value* pid = b.CreateLShr(process_ids(), 32);
  b.CreateCondBr(b.CreateICmpEQ(pid, number(uint32_t(plan.target_pid))), ours, other);
  b.SetInsertPoint(other);
  b.CreateRet(number(0));
  b.SetInsertPoint(ours);
}

// A program may interrupt another one on the same CPU, or run while the other one is preempted.
// Each takes a frame of its own: the first whose bit it can set.
void ProgramEmitter::acquire_frame(llvm::BasicBlock* body) {
  llvm::BasicBlock* missed = block("missed");
  llvm::BasicBlock* none = block("no_scratch");
  llvm::BasicBlock* found = block("frame_found");
  frame_use_ = call(Helper::map_lookup_elem, {module.maps.scratch_use(), array_key(0)});
  llvm::BasicBlock* attempt = block("try_frame");
  b.CreateCondBr(b.CreateIsNull(frame_use_), none, attempt);

  b.SetInsertPoint(found);
  llvm::PHINode* frame = b.CreatePHI(b.getInt64Ty(), kScratchFrames);
  for (uint32_t i = 0; i < kScratchFrames; i++) {
    b.SetInsertPoint(attempt);
    llvm::Value* bit = number(uint64_t{1} << i);
    llvm::Value* before = b.CreateAtomicRMW(llvm::AtomicRMWInst::Or, frame_use_, bit, llvm::MaybeAlign(8),
                                            llvm::AtomicOrdering::SequentiallyConsistent);
    frame->addIncoming(number(i), attempt);
    attempt = i + 1 < kScratchFrames ? block("try_frame") : missed;
    b.CreateCondBr(b.CreateIsNull(b.CreateAnd(before, bit)), found, attempt);
  }

  b.SetInsertPoint(missed);
  count(probe_counters().missed, number(0));
  b.CreateBr(none);
  b.SetInsertPoint(none);
  b.CreateRet(number(0));

  b.SetInsertPoint(found);
  frame_bit_ = b.CreateShl(number(1), frame);
  llvm::Value* key = array_key(0);
  llvm::Value* index = frame;
  if (module.target == CodeTarget::Bpf) {
    llvm::Value* cpu = call(Helper::get_smp_processor_id, {});
    index = b.CreateAdd(frame, b.CreateMul(cpu, number(kScratchFrames)));
  }
  b.CreateStore(b.CreateTrunc(index, b.getInt32Ty()), key);
  llvm::Value* memory = call(Helper::map_lookup_elem, {module.maps.scratch(), key});
  b.CreateStore(memory, function_->frame);
  // Never null, but the verifier wants to see it tested.
  b.CreateCondBr(b.CreateIsNull(memory), function_->exit, body);
}

void ProgramEmitter::release_frame() {
  b.CreateAtomicRMW(llvm::AtomicRMWInst::And, frame_use_, b.CreateNot(frame_bit_), llvm::MaybeAlign(8),
                    llvm::AtomicOrdering::SequentiallyConsistent);
}

}  // namespace tracer

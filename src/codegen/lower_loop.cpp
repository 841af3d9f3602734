// for, while, unroll.
//
// The kernel runs the body of a `for` as a callback as often as asked, so that the verifier looks at
// it only once whatever the bounds are.
#include "codegen/program_emitter.h"

namespace tracer {

using ast::as;

namespace {

// The kernel's BPF_MAX_LOOPS: it refuses to run a body more often.
constexpr uint64_t kMostTimes = 1 << 23;
const llvm::Align kWordAlign(8);

}  // namespace

void ProgramEmitter::lower_for(const ast::For& loop) {
  if (loop.map) return lower_map_loop(loop);
  const Type& counter = local_type(loop.variable->local);
  llvm::Value* begin = lower(*loop.begin);
  llvm::Value* end = lower(*loop.end);
  llvm::Value* any = counter.is_signed ? b.CreateICmpSLT(begin, end) : b.CreateICmpULT(begin, end);
  llvm::Value* times = b.CreateSelect(any, b.CreateSub(end, begin), number(0));
  when(b.CreateICmpUGT(times, number(kMostTimes)), [&] { count(loop.cut_counter, number(0)); });
  times = b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, times, number(kMostTimes));

  llvm::Value* data = loop_data(begin);
  llvm::Function* body = lower_loop_body(loop, {b.getInt64Ty(), b.getPtrTy()}, [&](llvm::Function& function) {
    llvm::Value* first = b.CreateAlignedLoad(b.getInt64Ty(), at(function.getArg(1), 16), kWordAlign);
    llvm::Value* index = b.CreateAnd(function.getArg(0), 0xffffffff);
    b.CreateAlignedStore(canonical(b.CreateAdd(first, index), counter),
                         variable_address(loop.variable->local), kWordAlign);
  });
  // The verifier leaves out a body that it knows to run no times, and then cannot find it (6.12
  // ends with EFAULT): such a call must be dead code for it as well.
  when(b.CreateIsNotNull(times), [&] { call(Helper::loop, {times, body, data, number(0)}); });
  leave_when_body_left();
}

void ProgramEmitter::lower_map_loop(const ast::For& loop) {
  llvm::Value* data = loop_data(number(0));
  llvm::Type* pointer = b.getPtrTy();
  llvm::Function* body = lower_loop_body(
      loop, {pointer, pointer, pointer, pointer},
      [&](llvm::Function& function) { bind_entry(loop, function.getArg(1), function.getArg(2)); });
  call(Helper::for_each_map_elem, {module.maps.script_map(loop.map->map), body, data, number(0)});
  leave_when_body_left();
}

// The variable holds copies, so that the body may delete or change the entry.
void ProgramEmitter::bind_entry(const ast::For& loop, llvm::Value* key, llvm::Value* value) {
  const MapPlan& map = plan.maps[loop.map->map];
  const Type& type = local_type(loop.variable->local);
  const Field& key_field = (*type.fields)[0];
  const Field& value_field = (*type.fields)[1];
  Destination into{variable_address(loop.variable->local), kWordAlign, Destination::Rest::IsZero};
  zero(into.pointer, into.align, type.size);
  convert(key, kWordAlign, map.key, key_field.type, at(into, key_field.offset));
  Destination value_into = at(into, value_field.offset);
  if (map.kind == MapKind::Plain)
    convert(value, kWordAlign, map.value, value_field.type, value_into);
  else
    store(read_aggregate(loop.map->map, key), value_field.type, value_into.pointer, value_into.align);
}

// What the body needs of here: the frame, the context, the first value. The verifier takes nothing
// but the stack for it.
llvm::Value* ProgramEmitter::loop_data(llvm::Value* first) {
  llvm::Value* data = reserve_temporary(3 * 8, /*on_stack=*/true);
  b.CreateAlignedStore(b.CreateLoad(b.getPtrTy(), function_->frame), data, kWordAlign);
  b.CreateAlignedStore(function_->context, at(data, 8), kWordAlign);
  b.CreateAlignedStore(first, at(data, 16), kWordAlign);
  if (unit_->use.leaves_loop) b.CreateAlignedStore(number(0), frame_memory(unit_->leaving_slot), kWordAlign);
  return data;
}

llvm::Function* ProgramEmitter::lower_loop_body(const ast::For& loop, llvm::ArrayRef<llvm::Type*> arguments,
                                                const std::function<void(llvm::Function&)>& bind) {
  return lower_loop_function(loop.span, arguments, [&](llvm::Function& function) {
    function_->loops.push_back({});
    if (unit_->use.locals[loop.variable->local].used) {
      size_t mark = temporaries_mark();
      bind(function);
      release_temporaries(mark);
    }
    lower_block(*loop.body);
  });
}

// A function that the kernel calls for each round; its last argument is what loop_data() made.
llvm::Function* ProgramEmitter::lower_loop_function(Span span, llvm::ArrayRef<llvm::Type*> arguments,
                                                    const std::function<void(llvm::Function&)>& lower_round) {
  llvm::FunctionType* type = llvm::FunctionType::get(b.getInt64Ty(), arguments, false);
  llvm::Function* function =
      llvm::Function::Create(type, llvm::Function::InternalLinkage,
                             probe().program + "_loop" + std::to_string(loop_count_++), module.module);
  FunctionState* outer = function_;
  llvm::BasicBlock* outer_block = b.GetInsertBlock();

  FunctionState state;
  begin_function(state, function, span);
  llvm::BasicBlock* body = block("body");
  b.SetInsertPoint(body);
  llvm::Value* data = function->getArg(static_cast<unsigned>(arguments.size()) - 1);
  b.CreateStore(b.CreateAlignedLoad(b.getPtrTy(), data, kWordAlign), state.frame);
  state.context = b.CreateAlignedLoad(b.getPtrTy(), at(data, 8), kWordAlign);
  lower_round(*function);
  b.CreateBr(state.exit);
  llvm::IRBuilder<> entry(state.entry);
  entry.CreateBr(body);
  b.SetInsertPoint(state.exit);
  b.CreateRet(b.CreateLoad(b.getInt64Ty(), state.result));

  function_ = outer;
  module.debug.enter_function(*outer->function, unit_->clause->span);
  b.SetInsertPoint(outer_block);
  module.debug.set_location(b, span);
  return function;
}

// A `return` in the body ends the loop and then what is around it.
void ProgramEmitter::leave_when_body_left() {
  if (!unit_->use.leaves_loop) return;
  uint32_t slot = unit_->leaving_slot;
  llvm::Value* leaving = b.CreateAlignedLoad(b.getInt64Ty(), frame_memory(slot), kWordAlign);
  llvm::BasicBlock* left = block("left");
  llvm::BasicBlock* on = block("on");
  b.CreateCondBr(b.CreateIsNotNull(leaving), left, on);
  b.SetInsertPoint(left);
  leave(b.CreateAlignedLoad(b.getInt64Ty(), frame_memory(slot + 8), kWordAlign));
  b.CreateBr(on);
  b.SetInsertPoint(on);
}

// The verifier takes only loops of which it sees that they end, and kernels before 6.2 refuse some of
// those. So the body is called like that of a range, as often as the kernel allows, until the condition
// fails.
//
// The condition is tested before the first round and at the end of each, so that exactly those loops are
// reported as cut that would have gone on.
void ProgramEmitter::lower_while(const ast::While& loop) {
  const ast::Expr& condition = *as<ast::Cast>(loop.condition)->operand;
  auto test = [&] {
    size_t mark = temporaries_mark();
    llvm::Value* value = lower_condition(condition);
    release_temporaries(mark);
    return value;
  };
  when(test(), [&] {
    llvm::Value* data = loop_data(number(1));  // whether the latest round wants another one
    llvm::Function* round =
        lower_loop_function(loop.span, {b.getInt64Ty(), b.getPtrTy()}, [&](llvm::Function& function) {
          llvm::Value* goes_on = at(function.getArg(1), 16);
          llvm::BasicBlock* again = block("while_again");
          llvm::BasicBlock* next = block("while_next");
          llvm::BasicBlock* done = block("while_done");
          b.CreateAlignedStore(number(0), goes_on, kWordAlign);
          function_->loops.push_back({done, again});
          lower_block(*loop.body);
          enter(again);
          b.CreateCondBr(test(), next, done);
          b.SetInsertPoint(next);
          b.CreateAlignedStore(number(1), goes_on, kWordAlign);
          b.CreateBr(function_->exit);
          b.SetInsertPoint(done);
          b.CreateStore(number(1), function_->result);
        });
    call(Helper::loop, {number(kMostTimes), round, data, number(0)});
    llvm::Value* cut = b.CreateAlignedLoad(b.getInt64Ty(), at(data, 16), kWordAlign);
    when(b.CreateIsNotNull(cut), [&] { count(loop.condition->failure_counter, number(0)); });
  });
  leave_when_body_left();
}

void ProgramEmitter::lower_unroll(const ast::Unroll& unroll) {
  uint64_t times = unroll.count->constant.value_or(0);
  for (uint64_t i = 0; i < times; i++) lower_block(*unroll.body);
}

}  // namespace tracer

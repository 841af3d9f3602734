#include "codegen/builtins.h"
#include "codegen/program_emitter.h"

namespace tracer {

using ast::as;
using ast::StatementKind;

namespace {

// The kernel's BPF_MAX_LOOPS: it refuses to run a body more often.
constexpr uint64_t kMostTimes = 1 << 23;

}  // namespace

// ---------------------------------------------------------------- blocks

void ProgramEmitter::lower_block(const ast::Block& block) {
  for (const ast::Statement* statement : block.statements) lower_statement(*statement);
  if (!block.value) return;
  size_t mark = temporaries_mark();
  lower(*block.value);
  release_temporaries(mark);
}

llvm::Value* ProgramEmitter::lower_block_value(const ast::Block& block) {
  for (const ast::Statement* statement : block.statements) lower_statement(*statement);
  llvm::Value* value = block.value ? lower(*block.value) : nullptr;
  // A block or call without value, as a branch of an `if` that is a statement.
  return value && value->getType()->isIntegerTy() ? value : number(0);
}

void ProgramEmitter::lower_block_into(const ast::Block& block, const Type& type, Destination into) {
  for (const ast::Statement* statement : block.statements) lower_statement(*statement);
  if (block.value) lower_into(*block.value, type, into);
}

void ProgramEmitter::lower_statement(const ast::Statement& statement) {
  module.debug.set_location(b, statement.span);
  size_t mark = temporaries_mark();
  switch (statement.kind) {
    case StatementKind::Let:
      lower_let(*as<ast::Let>(&statement));
      break;
    case StatementKind::Assign:
      lower_assign(*as<ast::Assign>(&statement));
      break;
    case StatementKind::Discard:
      lower(*as<ast::Discard>(&statement)->value);
      break;
    case StatementKind::For:
      lower_for(*as<ast::For>(&statement));
      break;
    case StatementKind::While:
      lower_while(*as<ast::While>(&statement));
      break;
    case StatementKind::Unroll:
      lower_unroll(*as<ast::Unroll>(&statement));
      break;
    case StatementKind::Jump:
      lower_jump(*as<ast::Jump>(&statement));
      break;
    case StatementKind::Return:
      lower_return(*as<ast::Return>(&statement));
      break;
    case StatementKind::ExprStatement:
      lower(*as<ast::ExprStatement>(&statement)->expr);
      break;
  }
  release_temporaries(mark);
}

// ---------------------------------------------------------------- assignment

void ProgramEmitter::lower_let(const ast::Let& let) {
  const Type& type = program.clause->locals[let.variable->local].type;
  if (let.value) return assign_variable(*let.variable, *let.value);
  if (type.size == 0) return;  // never used
  llvm::Value* address = variable_address(let.variable->local);
  zero(address, llvm::Align(8), in_memory(type) ? type.size : 8);
}

void ProgramEmitter::assign_variable(const ast::Variable& variable, const ast::Expr& value) {
  const Type& type = program.clause->locals[variable.local].type;
  if (!in_memory(type)) {
    llvm::Value* scalar = canonical(lower(value), type);
    b.CreateAlignedStore(scalar, variable_address(variable.local), llvm::Align(8));
    return;
  }
  bool direct = value.kind == ast::ExprKind::StringLiteral || value.kind == ast::ExprKind::Identifier;
  if (direct) return lower_into(value, type, {variable_address(variable.local)});
  // The value may be made of the variable itself.
  llvm::Value* made = lower(value);
  convert(made, llvm::Align(8), value.type, type, {variable_address(variable.local)});
}

void ProgramEmitter::lower_assign(const ast::Assign& assign) {
  if (auto* target = as<ast::MapRef>(assign.target)) {
    auto* call = as<ast::Call>(assign.value);
    auto* name = as<ast::Identifier>(assign.value);
    const ast::Builtin* builtin = call ? call->builtin : name ? name->builtin : nullptr;
    if (builtin && builtin->form == ast::BuiltinForm::Aggregation) {
      BuiltinUse use = call ? builtin_use(*call) : builtin_use(*name);
      use.target = target;
      use.map_full_counter = assign.map_full_counter;
      builtin_lowering(builtin->id)(*this, use);
    } else if (assign.op) {
      llvm::Value* value = lower(*assign.value);
      const Type& type = plan.maps[target->map].value;
      if (type.is(TypeKind::Pointer)) value = b.CreateMul(value, step_size(type));
      change_map(*target, *assign.op, value, assign.map_full_counter, assign.divide_counter);
    } else {
      store_map(*target, *assign.value, assign.map_full_counter);
    }
    return;
  }
  auto* variable = as<ast::Variable>(assign.target);
  if (!variable) return defect(assign.span, "an assignment to something else than a variable or map");
  if (!assign.op) return assign_variable(*variable, *assign.value);

  const Type& type = program.clause->locals[variable->local].type;
  llvm::Value* value = lower(*assign.value);
  if (type.is(TypeKind::Pointer)) value = b.CreateMul(value, step_size(type));
  llvm::Value* address = variable_address(variable->local);
  llvm::Value* before = b.CreateAlignedLoad(b.getInt64Ty(), address, llvm::Align(8));
  llvm::Value* after = arithmetic(*assign.op, before, value, type, assign.divide_counter);
  b.CreateAlignedStore(after, address, llvm::Align(8));
}

// ---------------------------------------------------------------- loops

// The kernel runs the body as a callback as often as asked, so that the verifier looks at it only
// once whatever the bounds are.
void ProgramEmitter::lower_for(const ast::For& loop) {
  if (!loop.begin || !loop.end) return defect(loop.span, "`for` over a map is not supported yet");
  bool is_signed = loop.begin->type.is_signed || loop.end->type.is_signed;
  llvm::Value* begin = lower(*loop.begin);
  llvm::Value* end = lower(*loop.end);
  llvm::Value* any = is_signed ? b.CreateICmpSLT(begin, end) : b.CreateICmpULT(begin, end);
  llvm::Value* times = b.CreateSelect(any, b.CreateSub(end, begin), number(0));
  when(b.CreateICmpUGT(times, number(kMostTimes)), [&] { count(loop.cut_counter, number(0)); });
  times = b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, times, number(kMostTimes));

  // What the body needs of here: the frame, the context, the first value. The verifier takes
  // nothing but the stack for it.
  llvm::Value* data = reserve_temporary(3 * 8, /*on_stack=*/true);
  b.CreateAlignedStore(b.CreateLoad(b.getPtrTy(), function_->frame), data, llvm::Align(8));
  b.CreateAlignedStore(function_->context, at(data, 8), llvm::Align(8));
  b.CreateAlignedStore(begin, at(data, 16), llvm::Align(8));
  if (use_.leaves_loop) b.CreateAlignedStore(number(0), frame_memory(leaving_slot_), llvm::Align(8));

  llvm::Function* body = lower_loop_body(loop);
  module.debug.set_location(b, loop.span);
  // The verifier leaves out a body that it knows to run no times, and then cannot find it (6.12
  // ends with EFAULT): such a call must be dead code for it as well.
  when(b.CreateIsNotNull(times), [&] { call(Helper::loop, {times, body, data, number(0)}); });
  if (!use_.leaves_loop) return;
  llvm::Value* leaving = b.CreateAlignedLoad(b.getInt64Ty(), frame_memory(leaving_slot_), llvm::Align(8));
  llvm::BasicBlock* left = block("left");
  llvm::BasicBlock* on = block("on");
  b.CreateCondBr(b.CreateIsNotNull(leaving), left, on);
  b.SetInsertPoint(left);
  llvm::Value* result = b.CreateAlignedLoad(b.getInt64Ty(), frame_memory(leaving_slot_ + 8), llvm::Align(8));
  leave(result);
  b.CreateBr(on);
  b.SetInsertPoint(on);
}

llvm::Function* ProgramEmitter::lower_loop_body(const ast::For& loop) {
  llvm::FunctionType* type = llvm::FunctionType::get(b.getInt64Ty(), {b.getInt64Ty(), b.getPtrTy()}, false);
  llvm::Function* function =
      llvm::Function::Create(type, llvm::Function::InternalLinkage,
                             probe().program + "_loop" + std::to_string(loop_count_++), module.module);
  FunctionState* outer = function_;
  llvm::BasicBlock* outer_block = b.GetInsertBlock();

  FunctionState state;
  begin_function(state, function, loop.span);
  llvm::BasicBlock* body = block("body");
  b.SetInsertPoint(body);
  llvm::Value* data = function->getArg(1);
  b.CreateStore(b.CreateAlignedLoad(b.getPtrTy(), data, llvm::Align(8)), state.frame);
  state.context = b.CreateAlignedLoad(b.getPtrTy(), at(data, 8), llvm::Align(8));
  state.loops.push_back({});
  llvm::Value* first = b.CreateAlignedLoad(b.getInt64Ty(), at(data, 16), llvm::Align(8));
  if (use_.locals[loop.variable->local].used) {
    const Type& variable = program.clause->locals[loop.variable->local].type;
    llvm::Value* index = b.CreateAnd(function->getArg(0), 0xffffffff);
    b.CreateAlignedStore(canonical(b.CreateAdd(first, index), variable),
                         variable_address(loop.variable->local), llvm::Align(8));
  }
  lower_block(*loop.body);
  b.CreateBr(state.exit);
  llvm::IRBuilder<> entry(state.entry);
  entry.CreateBr(body);
  b.SetInsertPoint(state.exit);
  b.CreateRet(b.CreateLoad(b.getInt64Ty(), state.result));

  function_ = outer;
  module.debug.enter_function(*outer->function, program.clause->span);
  b.SetInsertPoint(outer_block);
  return function;
}

void ProgramEmitter::lower_while(const ast::While& loop) {
  llvm::BasicBlock* test = block("while");
  llvm::BasicBlock* body = block("while_body");
  llvm::BasicBlock* done = block("while_done");
  enter(test);
  size_t mark = temporaries_mark();
  b.CreateCondBr(lower_condition(*loop.condition), body, done);
  release_temporaries(mark);
  b.SetInsertPoint(body);
  function_->loops.push_back({done, test});
  lower_block(*loop.body);
  function_->loops.pop_back();
  b.CreateBr(test);
  b.SetInsertPoint(done);
}

void ProgramEmitter::lower_unroll(const ast::Unroll& unroll) {
  uint64_t times = unroll.count->constant.value_or(0);
  for (uint64_t i = 0; i < times; i++) lower_block(*unroll.body);
}

void ProgramEmitter::lower_jump(const ast::Jump& jump) {
  if (function_->loops.empty()) return defect(jump.span, "a jump outside of loops");
  const Loop& loop = function_->loops.back();
  if (loop.on_break) {
    b.CreateBr(jump.is_break ? loop.on_break : loop.on_continue);
  } else {
    // The callback's result tells whether the loop goes on.
    b.CreateStore(number(jump.is_break), function_->result);
    b.CreateBr(function_->exit);
  }
  b.SetInsertPoint(block("unreachable"));
}

void ProgramEmitter::lower_return(const ast::Return& ret) {
  llvm::Value* value = ret.value ? lower(*ret.value) : number(0);
  // The kernel gives a meaning of its own to results of attached programs.
  bool own_result = probe().provider <= Provider::Bench;
  leave(own_result ? value : number(0));
}

}  // namespace tracer

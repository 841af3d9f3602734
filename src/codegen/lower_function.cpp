// Functions of the script (LANGUAGE 3.8): one LLVM function for each that a program calls, and the
// calls themselves.
#include "codegen/program_emitter.h"

namespace tracer {
namespace {

const llvm::Align kWordAlign(8);
constexpr uint32_t kWord = 8;
// BPF passes five: the frame, the context and these.
constexpr uint32_t kRegisterParameters = 3;
// Functions that may be active in one another for the kernel, the program's own left out. LLVM is made to
// put functions into their callers before that many are reached.
constexpr uint32_t kMostNested = 6;

}  // namespace

// ---------------------------------------------------------------- the function

// The frame starts with what the caller writes and reads. A function that is called again meanwhile
// by its own caller (never by itself: there is no recursion) has its frame at another place.
void ProgramEmitter::place_parameters(const ast::Function& function, Callee& callee) {
  if (in_memory(function.result_type)) keep_in_frame(function.result_type.size);
  uint32_t in_registers = 0;
  unit_->frame_locals.resize(function.code->locals.size());
  for (uint32_t i = 0; i < function.params.size(); i++) {
    const Type& type = local_type(i);
    std::optional<uint32_t> offset;
    if (in_memory(type) || in_registers == kRegisterParameters)
      offset = keep_in_frame(in_memory(type) ? type.size : kWord);
    else
      in_registers++;
    unit_->frame_locals[i] = offset;
    callee.parameters.push_back(offset);
  }
  if (function.exits) unit_->exit_slot = keep_in_frame(kWord);
}

// Parameters in registers become variables like others.
void ProgramEmitter::take_parameters(const ast::Function& function, const Callee& callee) {
  uint32_t argument = 2;
  for (uint32_t i = 0; i < function.params.size(); i++) {
    if (callee.parameters[i]) continue;
    llvm::Value* value = callee.function->getArg(argument++);
    if (unit_->use.locals[i].used) b.CreateAlignedStore(value, variable_address(i), kWordAlign);
  }
  if (function.exits) b.CreateAlignedStore(number(0), frame_memory(unit_->exit_slot), kWordAlign);
}

const ProgramEmitter::Callee& ProgramEmitter::callee_of(const ast::Function& function) {
  auto [entry, is_new] = callees_.try_emplace(&function);
  Callee& callee = entry->second;  // stays where it is when more are added
  if (is_new) lower_function(function, callee);
  return callee;
}

void ProgramEmitter::lower_function(const ast::Function& function, Callee& callee) {
  CodeUnit unit(*function.code);
  CodeUnit* calling_unit = unit_;
  FunctionState* calling = function_;
  llvm::BasicBlock* calling_block = b.GetInsertBlock();
  unit_ = &unit;
  place_parameters(function, callee);

  llvm::SmallVector<llvm::Type*, 5> parameters{b.getPtrTy(), b.getPtrTy()};
  for (const auto& offset : callee.parameters)
    if (!offset) parameters.push_back(b.getInt64Ty());
  callee.function = llvm::Function::Create(llvm::FunctionType::get(b.getInt64Ty(), parameters, false),
                                           llvm::Function::InternalLinkage,
                                           function.name + "_" + probe().program, module.module);
  if (nesting_ > kMostNested) callee.function->addFnAttr(llvm::Attribute::AlwaysInline);

  FunctionState state;
  unit.outermost = &state;
  begin_function(state, callee.function, function.span);
  llvm::BasicBlock* body = block("body");
  b.SetInsertPoint(body);
  b.CreateStore(callee.function->getArg(0), state.frame);
  state.context = callee.function->getArg(1);
  place_variables();
  take_parameters(function, callee);
  lower_block(*function.body);
  b.CreateBr(state.exit);
  llvm::IRBuilder<>(state.entry).CreateBr(body);
  module.debug.set_location(b, function.span);
  b.SetInsertPoint(state.exit);
  b.CreateRet(b.CreateLoad(b.getInt64Ty(), state.result));
  callee.frame_size = unit.frame_size;
  callee.exit_slot = unit.exit_slot;

  unit_ = calling_unit;
  function_ = calling;
  module.debug.enter_function(*calling->function, unit_->clause->span);
  b.SetInsertPoint(calling_block);
}

void ProgramEmitter::return_from(const ast::Function& function, const ast::Return& ret) {
  if (!ret.value) return leave(number(0));
  llvm::Value* value = lower(*ret.value);
  if (!in_memory(function.result_type)) return leave(canonical(value, function.result_type));
  // Where the frame starts; no parameter that the value may be made of stands there.
  convert(value, kWordAlign, ret.value->type, function.result_type, {frame_memory(0)});
  leave(number(0));
}

// ---------------------------------------------------------------- calls

llvm::Value* ProgramEmitter::call_function(const ast::Call& call, Destination into) {
  const ast::Function& function = *call.function;
  const Callee& callee = callee_of(function);
  module.debug.set_location(b, call.span);
  // All of them first: they may contain calls, which use the same part of the frame.
  llvm::SmallVector<llvm::Value*, 8> values;
  for (const ast::Expr* argument : call.args) values.push_back(lower(*argument));

  module.debug.set_location(b, call.span);
  uint32_t base = unit_->frame_top;
  unit_->frame_size = std::max(unit_->frame_size, base + callee.frame_size);
  llvm::Value* frame = callee.frame_size > 0 ? frame_memory(base) : null();
  llvm::SmallVector<llvm::Value*, 5> arguments{frame, context()};
  for (size_t i = 0; i < values.size(); i++) {
    const Type& type = function.code->locals[i].type;
    const std::optional<uint32_t>& offset = callee.parameters[i];
    if (!offset)
      arguments.push_back(canonical(values[i], type));
    else if (in_memory(type))
      convert(values[i], kWordAlign, call.args[i]->type, type, {at(frame, *offset)});
    else
      b.CreateAlignedStore(canonical(values[i], type), at(frame, *offset), kWordAlign);
  }
  llvm::Value* result = b.CreateCall(callee.function, arguments);

  if (function.exits) {
    llvm::Value* exits =
        b.CreateAlignedLoad(b.getInt64Ty(), frame_memory(base + callee.exit_slot), kWordAlign);
    when(b.CreateIsNotNull(exits), [&] { end_program(); });
  }
  if (!in_memory(function.result_type)) return canonical(result, function.result_type);
  if (into.pointer) convert(frame_memory(base), kWordAlign, function.result_type, call.type, into);
  return nullptr;
}

void ProgramEmitter::end_program() {
  if (unit_->clause->function) b.CreateAlignedStore(number(1), frame_memory(unit_->exit_slot), kWordAlign);
  leave(number(0));
}

}  // namespace tracer

// Parts of long code as functions of their own (code_parts.h).
#include "codegen/program_emitter.h"

namespace tracer {

void ProgramEmitter::lower_statements(const ast::Block& block) {
  size_t next = 0;
  auto up_to = [&](size_t end) {
    while (next < end) lower_statement(*block.statements[next++]);
  };
  if (auto found = unit_->use.parts.find(&block); found != unit_->use.parts.end()) {
    for (const CodePart& part : found->second) {
      up_to(part.begin);
      call_part(block, part);
      next = part.end;
    }
  }
  up_to(block.statements.size());
}

void ProgramEmitter::call_part(const ast::Block& block, const CodePart& part) {
  const ast::Statement* first = block.statements[part.begin];
  auto known = unit_->part_functions.find(first);
  if (known == unit_->part_functions.end())
    known = unit_->part_functions.emplace(first, lower_part(block, part)).first;
  module.debug.set_location(b, first->span);
  llvm::Value* frame = b.CreateLoad(b.getPtrTy(), function_->frame);
  llvm::Value* left = b.CreateCall(known->second, {frame, context()});
  if (!unit_->use.leaves_loop) return;
  // Not zero: a `return` or `exit()` in it has ended what is around it too.
  when(b.CreateIsNotNull(left), [&] {
    leave(b.CreateAlignedLoad(b.getInt64Ty(), frame_memory(unit_->leaving_slot + 8), llvm::Align(8)));
  });
}

llvm::Function* ProgramEmitter::lower_part(const ast::Block& block, const CodePart& part) {
  llvm::FunctionType* type = llvm::FunctionType::get(b.getInt64Ty(), {b.getPtrTy(), b.getPtrTy()}, false);
  llvm::Function* function =
      llvm::Function::Create(type, llvm::Function::InternalLinkage,
                             probe().program + "_part" + std::to_string(part_count_++), module.module);
  function->addFnAttr(llvm::Attribute::NoInline);
  FunctionState* outer = function_;
  llvm::BasicBlock* outer_block = b.GetInsertBlock();
  // Parts are never active at the same time: each may use all of the stack that is left.
  const uint32_t outer_stack = stack_used_;

  FunctionState state;
  begin_function(state, function, block.statements[part.begin]->span);
  llvm::BasicBlock* body = this->block("body");
  b.SetInsertPoint(body);
  b.CreateStore(function->getArg(0), state.frame);
  state.context = function->getArg(1);
  for (size_t i = part.begin; i < part.end; i++) lower_statement(*block.statements[i]);
  b.CreateBr(state.exit);
  llvm::IRBuilder<>(state.entry).CreateBr(body);
  b.SetInsertPoint(state.exit);
  b.CreateRet(b.CreateLoad(b.getInt64Ty(), state.result));

  function_ = outer;
  stack_used_ = outer_stack;
  module.debug.enter_function(*outer->function, unit_->clause->span);
  b.SetInsertPoint(outer_block);
  return function;
}

}  // namespace tracer

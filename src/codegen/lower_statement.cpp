#include "codegen/builtins.h"
#include "codegen/program_emitter.h"

namespace tracer {

using ast::as;
using ast::StatementKind;

// ---------------------------------------------------------------- blocks

void ProgramEmitter::lower_block(const ast::Block& block) {
  lower_statements(block);
  if (!block.value) return;
  size_t mark = temporaries_mark();
  lower(*block.value);
  release_temporaries(mark);
}

llvm::Value* ProgramEmitter::lower_block_value(const ast::Block& block) {
  lower_statements(block);
  llvm::Value* value = block.value ? lower(*block.value) : nullptr;
  // A block or call without value, as a branch of an `if` that is a statement.
  return value && value->getType()->isIntegerTy() ? value : number(0);
}

void ProgramEmitter::lower_block_into(const ast::Block& block, const Type& type, Destination into) {
  lower_statements(block);
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
    case StatementKind::ImportStatement:
      defect(statement.span, "an import that was not resolved");
      break;
  }
  release_temporaries(mark);
}

// ---------------------------------------------------------------- assignment

void ProgramEmitter::lower_let(const ast::Let& let) {
  const Type& type = local_type(let.variable->local);
  if (let.value) return assign_variable(*let.variable, *let.value);
  if (type.size == 0) return;  // never used
  llvm::Value* address = variable_address(let.variable->local);
  zero(address, llvm::Align(8), in_memory(type) ? type.size : 8);
}

void ProgramEmitter::assign_variable(const ast::Variable& variable, const ast::Expr& value) {
  const Type& type = local_type(variable.local);
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

  const Type& type = local_type(variable->local);
  llvm::Value* value = lower(*assign.value);
  if (type.is(TypeKind::Pointer)) value = b.CreateMul(value, step_size(type));
  llvm::Value* address = variable_address(variable->local);
  llvm::Value* before = b.CreateAlignedLoad(b.getInt64Ty(), address, llvm::Align(8));
  llvm::Value* after = arithmetic(*assign.op, before, value, type, assign.divide_counter);
  b.CreateAlignedStore(after, address, llvm::Align(8));
}

// ---------------------------------------------------------------- jumps

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
  if (const ast::Function* function = unit_->clause->function) return return_from(*function, ret);
  llvm::Value* value = ret.value ? lower(*ret.value) : number(0);
  // The kernel gives a meaning of its own to results of attached programs.
  bool own_result = probe().provider <= Provider::Bench;
  leave(own_result ? value : number(0));
}

}  // namespace tracer

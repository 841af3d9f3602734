#include "ast/passes/walk.h"
#include "codegen/builtins.h"
#include "codegen/context_field.h"
#include "codegen/program_emitter.h"

namespace tracer {

using ast::as;
using ast::BinaryOp;
using ast::ExprKind;
using ast::UnaryOp;

namespace {

// The tree's walker wants slots that a pass could change; nothing is changed here.
class EffectFinder : public ast::Walker {
 public:
  bool found = false;

  void expr(ast::Expr*& slot) override {
    switch (slot->kind) {
      case ExprKind::IfExpr:
      case ExprKind::BlockExpr:
        found = true;
        return;
      case ExprKind::Unary:
        found |= as<ast::Unary>(slot)->op >= UnaryOp::PreIncrement;
        break;
      case ExprKind::Call:
        found |= has_effect(*as<ast::Call>(slot));
        break;
      default:
        break;
    }
    if (!found) Walker::expr(slot);
  }

 private:
  static bool has_effect(const ast::Call& call) {
    if (call.function || call.external) return true;
    return call.builtin && (call.builtin->when == ast::BuiltinWhen::Async ||
                            call.builtin->safety == ast::BuiltinSafety::Unsafe ||
                            call.builtin->form == ast::BuiltinForm::MapFunction);
  }
};

bool is_pointer(const ast::Expr& expr) { return expr.type.is(TypeKind::Pointer); }

llvm::CmpInst::Predicate predicate(BinaryOp op, bool is_signed) {
  using P = llvm::CmpInst;
  switch (op) {
    case BinaryOp::Equal:
      return P::ICMP_EQ;
    case BinaryOp::NotEqual:
      return P::ICMP_NE;
    case BinaryOp::Less:
      return is_signed ? P::ICMP_SLT : P::ICMP_ULT;
    case BinaryOp::Greater:
      return is_signed ? P::ICMP_SGT : P::ICMP_UGT;
    case BinaryOp::LessEqual:
      return is_signed ? P::ICMP_SLE : P::ICMP_ULE;
    default:
      return is_signed ? P::ICMP_SGE : P::ICMP_UGE;
  }
}

bool is_comparison(BinaryOp op) { return op >= BinaryOp::Equal && op <= BinaryOp::GreaterEqual; }

}  // namespace

bool has_effects(const ast::Expr& expr) {
  EffectFinder finder;
  ast::Expr* slot = const_cast<ast::Expr*>(&expr);
  finder.expr(slot);
  return finder.found;
}

// ---------------------------------------------------------------- values

llvm::Value* ProgramEmitter::lower(const ast::Expr& expr) {
  if (!in_memory(expr.type)) return lower_scalar(expr);
  if (auto* variable = as<ast::Variable>(&expr)) return variable_address(variable->local);
  auto* access = as<ast::FieldAccess>(&expr);
  if (expr.kind == ExprKind::TupleAccess || (access && !access->argument)) {
    Lvalue place = place_of(expr);
    if (place.own && place.align >= llvm::Align(8)) return place.address;
    llvm::Value* memory = temporary(expr.type.size);
    read_into(place, expr.type, {memory});
    return memory;
  }
  llvm::Value* memory = temporary(expr.type.size);
  lower_into(expr, {memory});
  return memory;
}

llvm::Value* ProgramEmitter::lower_scalar(const ast::Expr& expr) {
  if (expr.constant) return canonical(number(*expr.constant), expr.type);
  module.debug.set_location(b, expr.span);
  switch (expr.kind) {
    case ExprKind::IntLiteral:
      return number(as<ast::IntLiteral>(&expr)->value);
    case ExprKind::BoolLiteral:
      return number(as<ast::BoolLiteral>(&expr)->value);
    case ExprKind::Variable:
      return b.CreateAlignedLoad(b.getInt64Ty(), variable_address(as<ast::Variable>(&expr)->local),
                                 llvm::Align(8));
    case ExprKind::MapRef:
      return read_map(*as<ast::MapRef>(&expr));
    case ExprKind::Identifier:
      if (auto* name = as<ast::Identifier>(&expr); name->builtin)
        return builtin_lowering(name->builtin->id)(*this, builtin_use(*name));
      break;
    case ExprKind::Call:
      if (auto* call = as<ast::Call>(&expr); call->function)
        return call_function(*call, {});
      else if (call->external)
        return call_external(*call);
      else if (call->builtin)
        return builtin_lowering(call->builtin->id)(*this, builtin_use(*call));
      break;
    case ExprKind::Unary:
      return lower_unary(*as<ast::Unary>(&expr));
    case ExprKind::Binary:
      return lower_binary(*as<ast::Binary>(&expr));
    case ExprKind::Ternary: {
      auto& ternary = *as<ast::Ternary>(&expr);
      if (!ternary.then_value) {
        llvm::Value* value = lower(*ternary.condition);
        return choose(
            b.CreateIsNotNull(value), [&] { return canonical(value, expr.type); },
            [&] { return lower(*ternary.else_value); });
      }
      return choose(
          lower_condition(*ternary.condition), [&] { return lower(*ternary.then_value); },
          [&] { return lower(*ternary.else_value); });
    }
    case ExprKind::IfExpr: {
      auto& branch = *as<ast::IfExpr>(&expr);
      llvm::Value* condition = lower_condition(*branch.condition);
      return choose(
          condition, [&] { return lower_block_value(*branch.then_block); },
          [&]() -> llvm::Value* {
            return branch.else_block ? lower_block_value(*branch.else_block) : number(0);
          });
    }
    case ExprKind::BlockExpr:
      return lower_block_value(*as<ast::BlockExpr>(&expr)->block);
    case ExprKind::Cast:
      return lower_cast(*as<ast::Cast>(&expr));
    case ExprKind::Comptime:
      return lower(*as<ast::Comptime>(&expr)->operand);
    case ExprKind::FieldAccess: {
      auto& access = *as<ast::FieldAccess>(&expr);
      if (access.argument) return argument(program.context.arguments[*access.argument]);
      if (auto offset = context_field(access, program.context.context))
        return load_context(*offset, expr.type);
      return read(place_of(expr), expr.type, &access.where);
    }
    case ExprKind::TupleAccess:
      return read(place_of(expr), expr.type, nullptr);
    case ExprKind::Index:
      return read(place_of(expr), expr.type, nullptr);
    default:
      break;
  }
  defect(expr.span, "an expression that is not supported yet");
  return number(0);
}

llvm::Value* ProgramEmitter::lower_condition(const ast::Expr& expr) {
  if (!expr.constant) {
    if (auto* binary = as<ast::Binary>(&expr)) {
      if (is_comparison(binary->op)) {
        module.debug.set_location(b, expr.span);
        return compare(binary->op, *binary->left, *binary->right);
      }
    }
    if (auto* unary = as<ast::Unary>(&expr); unary && unary->op == UnaryOp::Not)
      return b.CreateNot(lower_condition(*unary->operand));
  }
  return b.CreateIsNotNull(lower(expr));
}

// ---------------------------------------------------------------- operators

llvm::Value* ProgramEmitter::lower_unary(const ast::Unary& unary) {
  switch (unary.op) {
    case UnaryOp::Negate:
      return canonical(b.CreateNeg(lower(*unary.operand)), unary.type);
    case UnaryOp::Not:
      return b.CreateZExt(b.CreateNot(lower_condition(*unary.operand)), b.getInt64Ty());
    case UnaryOp::BitNot:
      return canonical(b.CreateNot(lower(*unary.operand)), unary.type);
    case UnaryOp::Deref:
      return read(place_of(unary), unary.type, nullptr);
    case UnaryOp::AddressOf:
      return lower_address(unary);
    default:
      return lower_step(unary);
  }
}

// As a number: what the verifier lets be done with a pointer to a program's own memory is less than
// what the language lets. It forgets what it knows of a pointer that stands in a map.
llvm::Value* ProgramEmitter::lower_address(const ast::Unary& unary) {
  auto* variable = as<ast::Variable>(unary.operand);
  auto* map = as<ast::MapRef>(unary.operand);
  if (!variable && !map) return number(0);
  llvm::Value* pointer = variable ? variable_address(variable->local) : module.maps.script_map(map->map);
  llvm::Value* slot = frame_memory(keep_in_frame(8));
  b.CreateAlignedStore(pointer, slot, llvm::Align(8), true);
  return b.CreateAlignedLoad(b.getInt64Ty(), slot, llvm::Align(8), true);
}

// By how much `++` changes a value of that type.
llvm::Value* ProgramEmitter::step_size(const Type& type) {
  bool scaled = type.is(TypeKind::Pointer) && type.target && type.target->size > 0;
  return number(scaled ? type.target->size : 1);
}

llvm::Value* ProgramEmitter::lower_step(const ast::Unary& unary) {
  bool up = unary.op == UnaryOp::PreIncrement || unary.op == UnaryOp::PostIncrement;
  bool post = unary.op == UnaryOp::PostIncrement || unary.op == UnaryOp::PostDecrement;
  BinaryOp op = up ? BinaryOp::Add : BinaryOp::Subtract;
  if (auto* map = as<ast::MapRef>(unary.operand)) {
    llvm::Value* step = step_size(plan.maps[map->map].value);
    Change change = change_map(*map, op, step, unary.map_full_counter, {});
    return canonical(post ? change.before : change.after, unary.type);
  }
  auto* variable = as<ast::Variable>(unary.operand);
  const Type& type = local_type(variable->local);
  llvm::Value* address = variable_address(variable->local);
  llvm::Value* before = b.CreateAlignedLoad(b.getInt64Ty(), address, llvm::Align(8));
  llvm::Value* after = arithmetic(op, before, step_size(type), type, {});
  b.CreateAlignedStore(after, address, llvm::Align(8));
  return canonical(post ? before : after, unary.type);
}

std::pair<llvm::Value*, llvm::Value*> ProgramEmitter::lower_operands(const ast::Expr& left,
                                                                     const ast::Expr& right) {
  llvm::Value* first = lower(left);
  if (module.stack != StackUse::Least) return {first, lower(right)};
  // Else, in a deep expression, LLVM would hold as many values as it has levels, and spill them; or it would
  // change the order of the operations, and read all of them first.
  llvm::Value* slot = frame_memory(keep_in_frame(8));
  temporaries_.push_back({nullptr, 8});
  b.CreateAlignedStore(first, slot, llvm::Align(8), true);
  llvm::Value* second = opaque(lower(right));
  return {b.CreateAlignedLoad(first->getType(), slot, llvm::Align(8), true), second};
}

llvm::Value* ProgramEmitter::lower_binary(const ast::Binary& binary) {
  if (binary.op == BinaryOp::And || binary.op == BinaryOp::Or) return lower_short_circuit(binary);
  if (is_comparison(binary.op))
    return b.CreateZExt(compare(binary.op, *binary.left, *binary.right), b.getInt64Ty());

  auto [left, right] = lower_operands(*binary.left, *binary.right);
  if (binary.type.is(TypeKind::Pointer)) {
    // An integer next to a pointer counts elements.
    llvm::Value* element = step_size(binary.type);
    if (!is_pointer(*binary.right))
      right = b.CreateMul(right, element);
    else if (!is_pointer(*binary.left))
      left = b.CreateMul(left, element);
  }
  return arithmetic(binary.op, left, right, binary.type, binary.divide_counter);
}

llvm::Value* ProgramEmitter::lower_short_circuit(const ast::Binary& binary) {
  llvm::Value* left = lower_condition(*binary.left);
  auto right = [&] { return b.CreateZExt(lower_condition(*binary.right), b.getInt64Ty()); };
  if (binary.op == BinaryOp::And) return choose(left, right, [&] { return number(0); });
  return choose(
      left, [&] { return number(1); }, right);
}

llvm::Value* ProgramEmitter::arithmetic(BinaryOp op, llvm::Value* left, llvm::Value* right, const Type& type,
                                        std::optional<uint32_t> divide_counter) {
  auto value = [&]() -> llvm::Value* {
    switch (op) {
      case BinaryOp::Add:
        return b.CreateAdd(left, right);
      case BinaryOp::Subtract:
        return b.CreateSub(left, right);
      case BinaryOp::Multiply:
        return b.CreateMul(left, right);
      case BinaryOp::Divide:
      case BinaryOp::Modulo:
        return divide(op, left, right, type.is_signed, divide_counter);
      case BinaryOp::BitAnd:
        return b.CreateAnd(left, right);
      case BinaryOp::BitOr:
        return b.CreateOr(left, right);
      case BinaryOp::BitXor:
        return b.CreateXor(left, right);
      case BinaryOp::ShiftLeft:
        return b.CreateShl(left, b.CreateAnd(right, 63));
      default: {
        llvm::Value* count = b.CreateAnd(right, 63);
        return type.is_signed ? b.CreateAShr(left, count) : b.CreateLShr(left, count);
      }
    }
  };
  return canonical(value(), type);
}

// BPF divides unsigned numbers only before version 4 of its instruction set, so signs are taken
// off and put back.
llvm::Value* ProgramEmitter::divide(BinaryOp op, llvm::Value* left, llvm::Value* right, bool is_signed,
                                    std::optional<uint32_t> counter) {
  auto by_zero = [&]() -> llvm::Value* {
    count(counter, number(0));
    return number(1);
  };
  auto unsigned_result = [&](llvm::Value* l, llvm::Value* r) {
    return op == BinaryOp::Divide ? b.CreateUDiv(l, r) : b.CreateURem(l, r);
  };
  auto quotient = [&]() -> llvm::Value* {
    if (!is_signed) return unsigned_result(left, right);
    auto magnitude = [&](llvm::Value* value, llvm::Value* sign) {
      return b.CreateSub(b.CreateXor(value, sign), sign);
    };
    llvm::Value* left_sign = b.CreateAShr(left, 63);
    llvm::Value* right_sign = b.CreateAShr(right, 63);
    llvm::Value* result = unsigned_result(magnitude(left, left_sign), magnitude(right, right_sign));
    // The remainder has the dividend's sign.
    llvm::Value* sign = op == BinaryOp::Divide ? b.CreateXor(left_sign, right_sign) : left_sign;
    return magnitude(result, sign);
  };
  return choose(b.CreateIsNull(right), by_zero, quotient);
}

llvm::Value* ProgramEmitter::compare(BinaryOp op, const ast::Expr& left, const ast::Expr& right) {
  if (in_memory(left.type)) {
    llvm::Value* equal =
        left.type.is(TypeKind::String) || right.type.is(TypeKind::String)
            ? strings_equal(left, right)
            : bytes_equal(lower(left), lower(right), std::min(left.type.size, right.type.size));
    return op == BinaryOp::Equal ? equal : b.CreateNot(equal);
  }
  auto [left_value, right_value] = lower_operands(left, right);
  bool is_signed = left.type.is_signed && right.type.is_signed;
  return b.CreateICmp(predicate(op, is_signed), left_value, right_value);
}

// ---------------------------------------------------------------- casts

llvm::Value* ProgramEmitter::lower_cast(const ast::Cast& cast) {
  const ast::Expr& operand = *cast.operand;
  if (auto* map = as<ast::MapRef>(&operand); map && plan.maps[map->map].kind != MapKind::Plain)
    return canonical(read_aggregate(*map), cast.type);
  llvm::Value* value = lower(operand);
  // Arrays of bytes become an integer as they stand in memory.
  if (in_memory(operand.type)) value = load(value, cast.type, llvm::Align(8));
  return canonical(value, cast.type);
}

void ProgramEmitter::lower_cast_into(const ast::Cast& cast, const Type& type, Destination into) {
  const ast::Expr& operand = *cast.operand;
  if (in_memory(operand.type)) return lower_into(operand, type, into);
  // An integer becomes an array of bytes.
  llvm::Value* bytes = word(lower(operand));
  copy(into.pointer, into.align, bytes, llvm::Align(8), std::min<uint32_t>(type.size, 8));
}

// ---------------------------------------------------------------- values into memory

void ProgramEmitter::lower_into(const ast::Expr& expr, const Type& type, Destination into) {
  if (!in_memory(type)) {
    llvm::Value* value = lower(expr);
    if (in_memory(expr.type)) value = load(value, type, llvm::Align(8));
    return store(value, type, into.pointer, into.align);
  }
  module.debug.set_location(b, expr.span);
  switch (expr.kind) {
    case ExprKind::StringLiteral:
      return write_string(as<ast::StringLiteral>(&expr)->value, type.size, into);
    case ExprKind::TupleExpr: {
      auto& elements = as<ast::TupleExpr>(&expr)->elements;
      return lower_fields_into(std::vector<const ast::Expr*>(elements.begin(), elements.end()), type, into);
    }
    case ExprKind::RecordExpr: {
      // In the order of the type, which may be that of another record.
      std::vector<const ast::Expr*> ordered(type.fields->size(), nullptr);
      for (const auto& [name, value] : as<ast::RecordExpr>(&expr)->elements)
        for (size_t i = 0; i < ordered.size(); i++)
          if ((*type.fields)[i].name == name) ordered[i] = value;
      return lower_fields_into(ordered, type, into);
    }
    case ExprKind::Cast:
      return lower_cast_into(*as<ast::Cast>(&expr), type, into);
    case ExprKind::Comptime:
      return lower_into(*as<ast::Comptime>(&expr)->operand, type, into);
    case ExprKind::Ternary: {
      auto& ternary = *as<ast::Ternary>(&expr);
      const ast::Expr& yes = ternary.then_value ? *ternary.then_value : *ternary.condition;
      return lower_choice_into(
          *ternary.condition, [&] { lower_into(yes, type, into); },
          [&] { lower_into(*ternary.else_value, type, into); });
    }
    case ExprKind::IfExpr: {
      auto& branch = *as<ast::IfExpr>(&expr);
      return lower_choice_into(
          *branch.condition, [&] { lower_block_into(*branch.then_block, type, into); },
          [&] {
            if (branch.else_block) lower_block_into(*branch.else_block, type, into);
          });
    }
    case ExprKind::BlockExpr:
      return lower_block_into(*as<ast::BlockExpr>(&expr)->block, type, into);
    default:
      break;
  }

  // What follows writes a value of its own type; another one is made from it.
  if (!same_type(expr.type, type)) return convert(lower(expr), llvm::Align(8), expr.type, type, into);
  switch (expr.kind) {
    case ExprKind::Variable:
      return convert(variable_address(as<ast::Variable>(&expr)->local), llvm::Align(8), expr.type, type,
                     into);
    case ExprKind::MapRef:
      return read_map_into(*as<ast::MapRef>(&expr), type, into);
    case ExprKind::Identifier:
    case ExprKind::Call: {
      auto* name = as<ast::Identifier>(&expr);
      auto* call = as<ast::Call>(&expr);
      if (call && call->function) {
        call_function(*call, into);
        return;
      }
      const ast::Builtin* builtin = name ? name->builtin : call->builtin;
      if (!builtin) break;
      BuiltinUse use = name ? builtin_use(*name) : builtin_use(*call);
      use.into = into;
      builtin_lowering(builtin->id)(*this, use);
      return;
    }
    case ExprKind::FieldAccess:
      if (auto* access = as<ast::FieldAccess>(&expr); access->argument)
        return argument_into(program.context.arguments[*access->argument], type, into);
      return read_into(place_of(expr), type, into);
    case ExprKind::TupleAccess:
    case ExprKind::Index:
    case ExprKind::Unary:
      return read_into(place_of(expr), type, into);
    default:
      break;
  }
  defect(expr.span, "an expression that is not supported yet");
}

void ProgramEmitter::lower_fields_into(llvm::ArrayRef<const ast::Expr*> elements, const Type& type,
                                       Destination into) {
  if (into.rest == Destination::Rest::MakeZero) {
    uint32_t used = 0;
    bool plain = true;
    for (const Field& field : *type.fields) {
      used += field.type.size;
      plain &= !in_memory(field.type);
    }
    if (!plain || used != type.size) zero(into.pointer, into.align, type.size);
    into.rest = Destination::Rest::IsZero;
  }
  for (size_t i = 0; i < elements.size() && i < type.fields->size(); i++) {
    const Field& field = (*type.fields)[i];
    if (elements[i]) lower_into(*elements[i], field.type, at(into, field.offset));
  }
}

void ProgramEmitter::lower_choice_into(const ast::Expr& condition, const std::function<void()>& then,
                                       const std::function<void()>& otherwise) {
  either(lower_condition(condition), then, otherwise);
}

}  // namespace tracer

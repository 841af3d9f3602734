#include "ast/passes/fold_constants.h"

#include <optional>

#include "ast/diagnostics.h"
#include "ast/passes/promote.h"

namespace tracer::ast {
namespace {

// Wide enough for every operation on two 64-bit operands but a multiplication's extremes, which
// the builtins for overflow catch.
__extension__ typedef __int128 Wide;

constexpr Wide kLeast = -(static_cast<Wide>(1) << 63);
constexpr Wide kMost = (static_cast<Wide>(1) << 64) - 1;

std::optional<Wide> literal_value(const Expr* expr) {
  if (const auto* literal = as<IntLiteral>(expr)) {
    if (!literal->constant) return std::nullopt;
    const uint64_t bits = *literal->constant;
    return literal->type.is_signed ? static_cast<Wide>(static_cast<int64_t>(bits)) : static_cast<Wide>(bits);
  }
  if (const auto* literal = as<BoolLiteral>(expr)) return literal->value ? 1 : 0;
  return std::nullopt;
}

enum class Trouble : uint8_t { None, Overflow, Zero, Shift };

struct Outcome {
  Wide value = 0;
  bool is_bool = false;
  Trouble trouble = Trouble::None;
};

Outcome divide(Wide a, Wide b, bool modulo) {
  if (b == 0) return {0, false, Trouble::Zero};
  return {modulo ? a % b : a / b};
}

Outcome shift(Wide a, Wide b, bool left) {
  if (b < 0 || b >= 64) return {0, false, Trouble::Shift};
  // A right shift of a negative value is arithmetic, as in C.
  return {left ? a * (static_cast<Wide>(1) << static_cast<int>(b)) : a >> static_cast<int>(b)};
}

Outcome multiply(Wide a, Wide b) {
  Wide result = 0;
  if (__builtin_mul_overflow(a, b, &result)) return {0, false, Trouble::Overflow};
  return {result};
}

Outcome compute(BinaryOp op, Wide a, Wide b) {
  switch (op) {
    case BinaryOp::Or:
      return {a != 0 || b != 0, true};
    case BinaryOp::And:
      return {a != 0 && b != 0, true};
    case BinaryOp::BitOr:
      return {a | b};
    case BinaryOp::BitXor:
      return {a ^ b};
    case BinaryOp::BitAnd:
      return {a & b};
    case BinaryOp::Equal:
      return {a == b, true};
    case BinaryOp::NotEqual:
      return {a != b, true};
    case BinaryOp::Less:
      return {a < b, true};
    case BinaryOp::Greater:
      return {a > b, true};
    case BinaryOp::LessEqual:
      return {a <= b, true};
    case BinaryOp::GreaterEqual:
      return {a >= b, true};
    case BinaryOp::ShiftLeft:
      return shift(a, b, true);
    case BinaryOp::ShiftRight:
      return shift(a, b, false);
    case BinaryOp::Add:
      return {a + b};
    case BinaryOp::Subtract:
      return {a - b};
    case BinaryOp::Multiply:
      return multiply(a, b);
    case BinaryOp::Divide:
      return divide(a, b, false);
    case BinaryOp::Modulo:
      return divide(a, b, true);
  }
  return {};
}

void put_failed(Ast& ast, Expr*& slot) {
  auto* literal = make_int(ast, slot->span, 0);
  literal->type = error_type();
  literal->constant.reset();
  slot = literal;
}

void put(Ast& ast, Expr*& slot, const Outcome& outcome, Span at, Diagnostics* diags) {
  switch (outcome.trouble) {
    case Trouble::Zero:
      if (!diags) return;
      diags->report(at, diag::fold_divide_by_zero);
      return put_failed(ast, slot);
    case Trouble::Shift:
      if (!diags) return;
      diags->report(at, diag::fold_shift);
      return put_failed(ast, slot);
    case Trouble::Overflow:
      break;
    case Trouble::None:
      if (outcome.is_bool) {
        slot = make_bool(ast, slot->span, outcome.value != 0);
        return;
      }
      if (outcome.value >= kLeast && outcome.value <= kMost) {
        const auto bits = static_cast<uint64_t>(outcome.value);
        slot = outcome.value < 0 ? make_negative_int(ast, slot->span, static_cast<int64_t>(bits))
                                 : make_int(ast, slot->span, bits);
        return;
      }
  }
  if (!diags) return;
  diags->report(at, diag::fold_overflow).hint("constants range from -2^63 to 2^64-1");
  put_failed(ast, slot);
}

// "ab" + "cd", "abcd" + 2, comparisons. True when it was one of them.
bool fold_strings(Ast& ast, Expr*& slot, const Binary& binary) {
  const auto* left = as<StringLiteral>(binary.left);
  if (!left) return false;
  if (const auto* right = as<StringLiteral>(binary.right)) {
    const int order = left->value.compare(right->value);
    switch (binary.op) {
      case BinaryOp::Add:
        slot = make_string(ast, slot->span, left->value + right->value);
        return true;
      case BinaryOp::Equal:
      case BinaryOp::NotEqual:
      case BinaryOp::Less:
      case BinaryOp::Greater:
      case BinaryOp::LessEqual:
      case BinaryOp::GreaterEqual:
        slot = make_bool(ast, slot->span, compute(binary.op, order, 0).value != 0);
        return true;
      default:
        return false;
    }
  }
  const auto count = literal_value(binary.right);
  if (!count || *count < 0 || binary.op != BinaryOp::Add) return false;
  const Wide size = static_cast<Wide>(left->value.size());
  slot = make_string(ast, slot->span, left->value.substr(static_cast<size_t>(*count < size ? *count : size)));
  return true;
}

bool both_bool(const Binary& binary) { return as<BoolLiteral>(binary.left) && as<BoolLiteral>(binary.right); }

void fold_binary(Ast& ast, Expr*& slot, Binary& binary, Diagnostics* diags) {
  if (fold_strings(ast, slot, binary)) return;
  const auto left = literal_value(binary.left), right = literal_value(binary.right);
  if (!left || !right) return;
  Outcome outcome = compute(binary.op, *left, *right);
  if (both_bool(binary)) outcome.is_bool = true;
  put(ast, slot, outcome, binary.op_span.end > binary.op_span.begin ? binary.op_span : binary.span, diags);
}

void fold_unary(Ast& ast, Expr*& slot, Unary& unary, Diagnostics* diags) {
  const auto value = literal_value(unary.operand);
  if (!value) return;
  switch (unary.op) {
    case UnaryOp::Negate:
      return put(ast, slot, {-*value}, unary.span, diags);
    case UnaryOp::BitNot:
      return put(ast, slot, {~*value}, unary.span, diags);
    case UnaryOp::Not:
      return put(ast, slot, {*value == 0, true}, unary.span, diags);
    default:
      return;
  }
}

void fold_ternary(Expr*& slot, Ternary& ternary) {
  const auto condition = literal_value(ternary.condition);
  if (!condition || !ternary.then_value) return;
  Expr* chosen = *condition != 0 ? ternary.then_value : ternary.else_value;
  // Only between literals: elsewhere the other branch takes part in the type.
  if (literal_value(ternary.then_value) && literal_value(ternary.else_value)) slot = chosen;
}

}  // namespace

BoolLiteral* make_bool(Ast& ast, Span span, bool value) {
  auto* literal = ast.make<BoolLiteral>(span);
  literal->value = value;
  literal->type = bool_type();
  literal->constant = value;
  return literal;
}

StringLiteral* make_string(Ast& ast, Span span, std::string value) {
  auto* literal = ast.make<StringLiteral>(span);
  literal->value = std::move(value);
  literal->type = string_type(static_cast<uint32_t>(literal->value.size()) + 1);
  return literal;
}

IntLiteral* make_typed_int(Ast& ast, Span span, uint64_t bits, Type type) {
  auto* literal = ast.make<IntLiteral>(span);
  literal->value = bits;
  literal->type = std::move(type);
  literal->constant = bits;
  return literal;
}

IntLiteral* make_int(Ast& ast, Span span, uint64_t value) {
  IntLiteral* literal = make_typed_int(ast, span, value, literal_type(value));
  literal->flexible_sign = true;
  return literal;
}

IntLiteral* make_negative_int(Ast& ast, Span span, int64_t value) {
  return make_typed_int(ast, span, static_cast<uint64_t>(value), negative_literal_type(value));
}

void type_literal(IntLiteral& literal) {
  if (literal.constant || literal.type.is(TypeKind::Error)) return;
  literal.type = literal_type(literal.value);
  literal.constant = literal.value;
  literal.flexible_sign = true;
}

void fold(Ast& ast, Expr*& slot, Diagnostics* diags) {
  if (auto* binary = as<Binary>(slot)) {
    fold_binary(ast, slot, *binary, diags);
  } else if (auto* unary = as<Unary>(slot)) {
    fold_unary(ast, slot, *unary, diags);
  } else if (auto* ternary = as<Ternary>(slot)) {
    fold_ternary(slot, *ternary);
  }
}

}  // namespace tracer::ast

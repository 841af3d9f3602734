// Output and control besides printf (LANGUAGE 6.2).
#include <algorithm>

#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"
#include "plan/format.h"

namespace tracer::ast {
namespace {

constexpr size_t kMostTracedArguments = 3;

// What bpf_trace_printk() knows of the language's conversions.
bool kernel_can_print(const FormatPiece& piece) {
  switch (piece.conversion) {
    case Conversion::Text:
    case Conversion::Signed:
    case Conversion::Unsigned:
    case Conversion::HexLower:
    case Conversion::Pointer:
    case Conversion::String:
      break;
    default:
      return false;
  }
  const bool flags = piece.left || piece.plus || piece.alternate || piece.zero || piece.width > 0;
  return !flags && (piece.length == 0 || piece.length == 8);
}

// `%s` reads memory of the program itself: only strings stand there.
void check_traced_string(const FormatPiece& piece, const Expr& argument, TypeResolver& types) {
  if (piece.conversion != Conversion::String || unknown(argument.type)) return;
  if (!argument.type.is(TypeKind::String))
    types.diags().report(argument.span, diag::debugf_string, to_string(argument.type));
}

void check_traced_format(BuiltinUse& use, const StringLiteral& text, TypeResolver& types) {
  FormatError error;
  const Format format = parse_format(text.value, error);
  if (!error.message.empty()) return;  // reported as for printf
  if (use.args.size() - 1 > kMostTracedArguments)
    types.diags().report(use.span, diag::debugf_arguments, kMostTracedArguments, use.args.size() - 1);
  size_t next = 1;
  for (const FormatPiece& piece : format) {
    if (!kernel_can_print(piece)) types.diags().report(text.span, diag::debugf_conversion, piece.spelling);
    if (piece.conversion != Conversion::Text && next < use.args.size())
      check_traced_string(piece, *use.args[next++], types);
  }
}

}  // namespace

Type type_debugf(BuiltinUse& use, TypeResolver& types) {
  type_printf(use, types);
  const auto* text = as<StringLiteral>(use.args[0]);
  if (!text || !types.reporting()) return void_type();
  types.diags().report(use.span, diag::debugf_used);
  check_traced_format(use, *text, types);
  return void_type();
}

Type type_fprintf(BuiltinUse& use, TypeResolver& types) {
  const StringLiteral* file = text_argument(use, 0, types);
  if (file && types.reporting()) {
    if (file->value.empty() || file->value.find('\0') != std::string::npos)
      types.diags().report(file->span, diag::file_name_expected);
  }
  BuiltinUse rest{use.builtin, use.node, use.args.subspan(1), use.span};
  return type_printf(rest, types);
}

Type type_join(BuiltinUse& use, TypeResolver& types) {
  if (use.args.size() > 1) text_argument(use, 1, types);
  if (!types.value(use.args[0])) return void_type();
  const Type& type = use.args[0]->type;
  const bool integer = type.is_integer_like() && type.size == 8;
  // The fields of tracepoints do not say more than that they are pointers.
  const bool strings = type.is(TypeKind::Pointer) && (!type.target || type.target->is(TypeKind::Void) ||
                                                      type.target->is(TypeKind::Pointer));
  const bool array = type.is(TypeKind::Array) && type.target && type.target->is(TypeKind::Pointer);
  if (!integer && !strings && !array && !unknown(type))
    types.diags().report(use.args[0]->span, diag::join_of, to_string(type)).hint("as in `join(args.argv)`");
  return void_type();
}

namespace {

Call* make_call(TypeResolver& types, BuiltinId id, const Call& at, std::vector<Expr*> args) {
  auto* call = types.ast().make<Call>(at.span);
  call->builtin = &builtin(id);
  call->name = call->builtin->name;
  call->name_span = at.name_span;
  call->args = std::move(args);
  return call;
}

ExprStatement* make_statement(TypeResolver& types, Expr* expr) {
  auto* statement = types.ast().make<ExprStatement>(expr->span);
  statement->expr = expr;
  return statement;
}

}  // namespace

// Becomes `if (!condition) { errorf("assert failed: %s", message); exit(1); }`.
Type type_assert(BuiltinUse& use, TypeResolver& types) {
  const auto& call = static_cast<const Call&>(use.node);
  if (types.value(use.args[1]) && !unknown(use.args[1]->type) && !use.args[1]->type.is(TypeKind::String)) {
    types.diags().report(use.args[1]->span, diag::assert_message, to_string(use.args[1]->type));
    return error_type();
  }
  auto* format = types.ast().make<StringLiteral>(use.span);
  format->value = "assert failed: %s";
  auto* status = types.ast().make<IntLiteral>(use.span);
  status->value = 1;
  auto* failed = types.ast().make<Unary>(use.args[0]->span);
  failed->op = UnaryOp::Not;
  failed->operand = use.args[0];
  auto* branch = types.ast().make<IfExpr>(use.span);
  branch->condition = failed;
  branch->then_block = types.ast().make<Block>(use.span);
  branch->then_block->statements = {
      make_statement(types, make_call(types, BuiltinId::errorf_, call, {format, use.args[1]})),
      make_statement(types, make_call(types, BuiltinId::exit_, call, {status}))};
  Expr* slot = branch;
  types.expr(slot);
  use.replacement = slot;
  return slot->type;
}

}  // namespace tracer::ast

// What is settled while compiling: `if comptime`, `comptime`, sizes, typeinfo (LANGUAGE 3.6, 4.1).
#include "ast/diagnostics.h"
#include "ast/passes/fold_constants.h"
#include "ast/passes/type_resolver.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {
namespace {

bool names_expression(const TypeSpec* spec) {
  for (; spec; spec = spec->typeof_type) {
    if (spec->typeof_expr) return true;
  }
  return false;
}

// The type of an expression may grow until types have settled, that of a written type does not.
bool may_grow(const TypeOrExpr& of) { return !of.type || names_expression(of.type); }

bool is_literal(const Expr* expr) {
  return as<IntLiteral>(expr) || as<BoolLiteral>(expr) || as<StringLiteral>(expr);
}

StringLiteral* text(Span span, std::string value, TypeResolver& types) {
  return make_string(types.ast(), span, std::move(value));
}

}  // namespace

// Keeps only the branch that is taken; the other is not even typed.
void TypeResolver::if_comptime(Expr*& slot, IfExpr& branch, bool used) {
  condition(branch.condition);
  const Expr& decides = *branch.condition;
  branch.type = {};
  if (!decides.constant) {
    if (unknown(decides.type) || !reporting_) return;
    diags().report(decides.span, diag::not_comptime);
    branch.type = error_type();
    return;
  }
  Block* taken = *decides.constant != 0 ? branch.then_block : branch.else_block;
  if (!taken) taken = ast_.make<Block>(branch.span);
  for (const auto& messages : taken->deferred) {
    for (const Diagnostic& each : *messages) diags_.add(each);
  }
  taken->deferred.clear();
  if (used && taken->value && taken->statements.empty()) {
    slot = taken->value;  // a literal stays one
    expr(slot);
    return;
  }
  auto* kept = ast_.make<BlockExpr>(branch.span);
  kept->block = taken;
  slot = kept;
  changed_ = true;
  if (used) {
    expr(slot);
  } else {
    discarded(slot);
  }
}

void TypeResolver::comptime(Expr*& slot, Comptime& comptime) {
  expr(comptime.operand);
  comptime.type = comptime.operand->type;
  if (comptime.operand->constant || is_literal(comptime.operand)) {
    slot = comptime.operand;
  } else if (!unknown(comptime.type)) {
    diags().report(comptime.operand->span, diag::not_comptime);
  }
}

void TypeResolver::size_of(Expr*& slot, SizeOf& size) {
  const Type type = complete(type_of(size.of));
  size.type = int_type(8, false);
  if (type.is(TypeKind::None)) return;
  if (type.is(TypeKind::Error)) {
    size.type = error_type();
    return;
  }
  if (types_.kernel_name(type) != TypeDb::KernelName::NotKernel)
    rely_on(NeedKind::Size, to_string(type), "", size.span);
  if (!may_grow(size.of) || deciding_) slot = make_typed_int(ast_, size.span, type.size, int_type(8, false));
}

void TypeResolver::type_info(Expr*& slot, TypeInfo& info) {
  const Type type = complete(type_of(info.of));
  info.type = {};
  if (type.is(TypeKind::Error)) info.type = type;
  if (unknown(type) || (may_grow(info.of) && !deciding_)) return;
  slot = type_record(type, info.span, *this);
}

RecordExpr* type_record(const Type& type, Span span, TypeResolver& types) {
  auto* record = types.ast().make<RecordExpr>(span);
  Expr* id = make_int(types.ast(), span, type.c_type);
  Expr* base = text(span, std::string(kind_name(type.kind)), types);
  Expr* full = text(span, to_string(type), types);
  record->elements = {{"btf_id", id}, {"base_type", base}, {"full_type", full}};
  Expr* typed = record;
  types.expr(typed);
  return record;
}

void fold_field(Expr*& slot) {
  const auto* access = as<FieldAccess>(slot);
  const auto* record = access ? as<RecordExpr>(access->object) : nullptr;
  if (!record) return;
  Expr* found = nullptr;
  for (const auto& [name, value] : record->elements) {
    if (!is_literal(value)) return;
    if (name == access->field) found = value;
  }
  if (found) slot = found;
}

}  // namespace tracer::ast

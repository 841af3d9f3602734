#include "ast/passes/warn_address_spaces.h"

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

bool is_unset(const Expr& expr) {
  return expr.type.is(TypeKind::Pointer) && expr.type.space == AddressSpace::Unknown;
}

bool mixed(const Expr* left, const Expr* right) {
  if (!left || !right || !left->type.is(TypeKind::Pointer) || !right->type.is(TypeKind::Pointer))
    return false;
  const AddressSpace a = left->type.space, b = right->type.space;
  return a != b && a != AddressSpace::Unknown && b != AddressSpace::Unknown;
}

class Finder : public Walker {
 public:
  explicit Finder(Diagnostics& diags) : diags_(diags) {}

  void expr(Expr*& slot) override {
    if (const auto* unary = as<Unary>(slot); unary && unary->op == UnaryOp::Deref) {
      read_through(*unary->operand);
    } else if (const auto* access = as<FieldAccess>(slot)) {
      read_through(*access->object);
    } else if (const auto* index = as<Index>(slot)) {
      read_through(*index->object);
    } else if (const auto* call = as<Call>(slot)) {
      if (call->builtin && (call->builtin->id == BuiltinId::str_ || call->builtin->id == BuiltinId::buf_) &&
          !call->args.empty())
        read_through(*call->args[0]);
    } else if (const auto* binary = as<Binary>(slot)) {
      if (mixed(binary->left, binary->right)) diags_.report(slot->span, diag::address_space_mixed);
    } else if (const auto* ternary = as<Ternary>(slot)) {
      if (mixed(ternary->then_value, ternary->else_value))
        diags_.report(slot->span, diag::address_space_mixed);
    }
    expr_children(*slot);
  }

 protected:
  void unevaluated(TypeOrExpr&) override {}

 private:
  void read_through(const Expr& pointer) {
    if (is_unset(pointer))
      diags_.report(pointer.span, diag::address_space_unset).hint("say which it is: kptr(p) or uptr(p)");
  }

  Diagnostics& diags_;
};

}  // namespace

void warn_address_spaces(const CheckedScript& script, Diagnostics& diags) {
  // Programs of the user session have one memory only.
  if (script.user_session) return;
  Finder finder(diags);
  for (const Program* code : script.all_code()) finder.clause(*code->clause);
}

}  // namespace tracer::ast

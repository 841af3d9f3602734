#include "ast/passes/normalise_calls.h"

#include "ast/builtins.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

const MapRef* whole_map(const Expr* expr) {
  const auto* map = as<MapRef>(expr);
  return map && !map->key ? map : nullptr;
}

bool is_call(const Expr* expr, BuiltinId id) {
  const auto* call = as<Call>(expr);
  return call && call->builtin && call->builtin->id == id;
}

class Normaliser : public Walker {
 public:
  explicit Normaliser(Ast& ast) : ast_(ast) {}

  void block(Block& block) override {
    std::vector<Statement*> statements;
    for (Statement* each : block.statements) {
      const auto* plain = as<ExprStatement>(each);
      if (!plain || !split_print(plain->expr, statements)) statements.push_back(each);
    }
    if (block.value && split_print(block.value, statements)) block.value = nullptr;
    block.statements = std::move(statements);
    Walker::block(block);
  }

  void expr(Expr*& slot) override {
    expr_children(*slot);
    if (is_call(slot, BuiltinId::delete_)) {
      split_key(*static_cast<Call*>(slot));
    } else if (auto* unary = as<Unary>(slot); unary && unary->op == UnaryOp::Deref) {
      const auto* inner = as<Identifier>(unary->operand);
      if (inner && inner->builtin && inner->builtin->id == BuiltinId::args_) slot = unary->operand;
    }
  }

 private:
  // Appends one print for each of several maps; false when it is no such print.
  bool split_print(Expr* expr, std::vector<Statement*>& out) {
    if (!is_call(expr, BuiltinId::print_)) return false;
    const auto& call = static_cast<const Call&>(*expr);
    size_t maps = 0;
    while (maps < call.args.size() && whole_map(call.args[maps])) ++maps;
    if (maps < 2) return false;
    for (size_t i = 0; i < maps; ++i) {
      Call* one = ast_.copy(call);
      one->args.assign(1, call.args[i]);
      for (size_t j = maps; j < call.args.size(); ++j) one->args.push_back(call.args[j]);
      auto* statement = ast_.make<ExprStatement>(call.span);
      statement->expr = one;
      out.push_back(statement);
    }
    return true;
  }

  void split_key(Call& call) {
    auto* map = call.args.size() == 1 ? as<MapRef>(call.args[0]) : nullptr;
    if (!map || !map->key) return;
    call.args.push_back(map->key);
    map->key = nullptr;
  }

  Ast& ast_;
};

}  // namespace

void normalise_calls(Ast& ast) {
  Normaliser normaliser(ast);
  for (Clause* code : all_code(ast.script)) normaliser.clause(*code);
}

}  // namespace tracer::ast

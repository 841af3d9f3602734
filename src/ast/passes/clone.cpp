#include "ast/passes/clone.h"

#include <optional>

#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

// Copies top down: a node is copied as it is, then the walk replaces its children by copies.
class Cloner : public Walker {
 public:
  // With `source`: places of the copy are in that source, which has the same text.
  explicit Cloner(Ast& ast, std::optional<uint32_t> source = {}) : ast_(ast), source_(source) {}

  Block* copy(const Block& original) {
    auto* block = const_cast<Block*>(&original);  // the slot's type; the original is not touched
    copy_block(block);
    return block;
  }
  Expr* copy(const Expr& original) {
    auto* made = const_cast<Expr*>(&original);
    expr(made);
    return made;
  }
  TypeSpec* copy(const TypeSpec& original) {
    auto* spec = const_cast<TypeSpec*>(&original);
    copy_spec(spec);
    return spec;
  }
  Clause* copy(const Clause& original) {
    Clause* clause = ast_.copy(original);
    if (clause->filter) expr(clause->filter);
    copy_block(clause->body);
    return clause;
  }

 private:
  void copy_block(Block*& slot) {
    if (!slot) return;
    Block* made = ast_.copy(*slot);
    slot = made;
    move(made->span);
    for (Statement*& each : made->statements) statement(each);
    if (made->value) expr(made->value);
  }
  void copy_spec(TypeSpec*& slot) {
    if (!slot) return;
    TypeSpec* made = ast_.make_type(slot->span);
    *made = *slot;
    slot = made;
    move(made->span);
    if (made->typeof_expr) expr(made->typeof_expr);
    copy_spec(made->typeof_type);
  }
  void copy_of(TypeOrExpr& of) {
    copy_spec(of.type);
    if (of.expr) expr(of.expr);
  }
  template <typename T>
  void copy_typed(T*& slot) {
    if (slot) {
      Expr* base = slot;
      expr(base);
      slot = static_cast<T*>(base);
    }
  }

  void statement(Statement*& slot) override {
    switch (slot->kind) {
#define KIND(name)                                     \
  case StatementKind::name:                            \
    slot = ast_.copy(*static_cast<const name*>(slot)); \
    break;
      TRACER_STATEMENT_KINDS(KIND)
#undef KIND
    }
    move(slot->span);
    statement_parts(*slot);
  }

  void statement_parts(Statement& made) {
    if (auto* let = as<Let>(&made)) {
      copy_typed(let->variable);
      copy_spec(let->declared);
      child(let->value);
    } else if (auto* loop = as<For>(&made)) {
      copy_typed(loop->variable);
      copy_typed(loop->map);
      child(loop->begin);
      child(loop->end);
      copy_block(loop->body);
    } else if (auto* repeat = as<While>(&made)) {
      child(repeat->condition);
      copy_block(repeat->body);
    } else if (auto* unroll = as<Unroll>(&made)) {
      child(unroll->count);
      copy_block(unroll->body);
    } else {
      statement_children(made);
    }
  }

  void expr(Expr*& slot) override {
    switch (slot->kind) {
#define KIND(name)                                     \
  case ExprKind::name:                                 \
    slot = ast_.copy(*static_cast<const name*>(slot)); \
    break;
      TRACER_EXPR_KINDS(KIND)
#undef KIND
    }
    move_places(*slot);
    expr_parts(*slot);
  }

  void expr_parts(Expr& made) {
    if (auto* branch = as<IfExpr>(&made)) {
      child(branch->condition);
      copy_block(branch->then_block);
      copy_block(branch->else_block);
    } else if (auto* nested = as<BlockExpr>(&made)) {
      copy_block(nested->block);
    } else if (auto* cast = as<Cast>(&made)) {
      copy_spec(cast->target);
      child(cast->operand);
    } else if (auto* size = as<SizeOf>(&made)) {
      copy_of(size->of);
    } else if (auto* offset = as<OffsetOf>(&made)) {
      copy_of(offset->of);
    } else if (auto* info = as<TypeInfo>(&made)) {
      copy_of(info->of);
    } else if (auto* type = as<TypeOf>(&made)) {
      copy_of(type->of);
    } else {
      expr_children(made);
    }
  }

  void move(Span& span) const {
    if (source_) span.source = *source_;
  }

  void move_places(Expr& made) const {
    move(made.span);
    if (auto* call = as<Call>(&made)) move(call->name_span);
    if (auto* binary = as<Binary>(&made)) move(binary->op_span);
    if (auto* access = as<FieldAccess>(&made)) move(access->field_span);
  }

  Ast& ast_;
  std::optional<uint32_t> source_;
};

}  // namespace

Clause* clone(Ast& ast, const Clause& clause) { return Cloner(ast).copy(clause); }
Expr* clone(Ast& ast, const Expr& expr) { return Cloner(ast).copy(expr); }
TypeSpec* clone(Ast& ast, const TypeSpec& spec) { return Cloner(ast).copy(spec); }
Block* clone(Ast& ast, const Block& block, uint32_t source) { return Cloner(ast, source).copy(block); }

}  // namespace tracer::ast

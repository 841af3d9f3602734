// Makes the nodes of the tree for the grammar's actions, and checks what the grammar leaves open: targets
// of assignments, operands of `++`, bounds of ranges, order of parts, depth.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ast/ast.h"
#include "parser/reporter.h"
#include "parser/token.h"

namespace tracer::syntax {

// Later passes walk the tree by recursion; a tree of this depth is safe for them with 8 MiB of stack.
inline constexpr uint32_t kMaxDepth = 1500;

// An expression, with what the node itself does not keep.
struct Tree {
  ast::Expr* expr = nullptr;
  uint32_t depth = 0;
  bool parenthesized = false;
  Span span;  // with its parentheses
};

struct TypeTree {
  ast::TypeSpec* type = nullptr;
  uint32_t depth = 0;
};

struct TypeOrTree {
  ast::TypeOrExpr of;
  uint32_t depth = 0;
};

struct BlockTree {
  ast::Block* block = nullptr;
  uint32_t depth = 0;
};

struct StatementTree {
  ast::Statement* statement = nullptr;  // null after an error
  uint32_t depth = 0;
  bool semicolon = false;
};

struct LoopHead {
  Tree variable;
  Tree begin;  // or the map
  Tree end;    // empty for a map
};

struct Field {
  std::string name;
  Span span;
  Tree value;
};

struct ElsePart {
  ast::Block* block = nullptr;
  uint32_t depth = 0;
  bool is_if = false;
};

class TreeBuilder {
 public:
  TreeBuilder(ast::Ast& ast, std::string_view text, Reporter& reporter)
      : ast_(ast), text_(text), reporter_(reporter) {}

  std::string_view text(const Token* token) const {
    return text_.substr(token->span.begin, token->span.end - token->span.begin);
  }

  // Expressions
  Tree integer(const Token* token);
  Tree string(const Token* token);
  Tree boolean(const Token* token, bool value);
  Tree identifier(const Token* token);
  Tree variable(const Token* token);
  Tree map(const Token* token);
  Tree positional(const Token* token);
  Tree positional_count(const Token* token);
  Tree call(const Token* name, const std::vector<Tree>& args, Span span);
  Tree unary(ast::UnaryOp op, const Tree& operand, Span span);
  Tree increment(ast::UnaryOp op, const Token* sign, const Tree& operand, Span span);
  Tree address_of(const Tree& operand, Span span);
  Tree binary(ast::BinaryOp op, const Tree& left, const Token* sign, const Tree& right, Span span);
  Tree ternary(const Tree& condition, const Tree& then_value, const Tree& else_value, Span span);
  Tree field(const Tree& object, const Token* name, bool arrow, Span span);
  Tree element(const Tree& object, const Token* number, Span span);
  // `object[keys]`: the key of a map, or an index.
  Tree index(const Tree& object, const std::vector<Tree>& keys, Span brackets, Span span);
  Tree empty_index(const Tree& object, Span brackets);
  Tree cast(const TypeTree& target, const Tree& operand, Span span);
  Tree tuple(const std::vector<Tree>& elements, Span span);
  Tree record(const std::vector<Field>& fields, Span span);
  Tree parenthesized(Tree inner, Span span);
  Tree if_expr(const Tree& condition, const BlockTree& then_block, const ElsePart& else_part, Span span);
  ElsePart else_if(const Tree& inner);
  Tree block_expr(const BlockTree& block, Span span);
  Tree size_of(const TypeOrTree& of, Span span);
  Tree offset_of(const TypeOrTree& of, std::vector<std::string> fields, Span span);
  Tree type_info(const TypeOrTree& of, Span span);
  Tree type_of(const TypeOrTree& of, Span span);
  Tree comptime(const Tree& operand, Span span);

  // Types
  TypeTree type(ast::TypeSpec::Tag tag, const Token* name, Span span);
  TypeTree pointer_to(TypeTree target, Span span);
  TypeTree array_of(TypeTree element, const Token* length, Span span);
  TypeTree typeof_type(const TypeOrTree& of, Span span);

  // Statements
  StatementTree let(const Token* name, const TypeTree& declared, const Tree& value, Span span);
  StatementTree assign(const Tree& target, std::optional<ast::BinaryOp> op, const Tree& value, Span span);
  StatementTree loop(const LoopHead& head, const BlockTree& body, Span span);
  StatementTree while_loop(const Tree& condition, const BlockTree& body, Span span);
  StatementTree unroll(const Tree& count, const BlockTree& body, Span span);
  StatementTree jump(bool is_break, Span span);
  StatementTree return_statement(const Tree& value, Span span);
  StatementTree expression(const Tree& value);
  StatementTree import_in_block(const Token* path, Span span);
  BlockTree block(const std::vector<StatementTree>& statements, const Tree& value);
  BlockTree placed(BlockTree block, Span span);

  // Top level
  void c_item(const Token* token);
  ast::Setting* setting(const Token* name, const Token* value);
  void config(const Token* keyword, const std::vector<ast::Setting*>& settings, Span span);
  void import(const Token* keyword, const Token* path, Span span);
  ast::AttachPoint* attach_point(const Token* token);
  void clause(std::vector<ast::AttachPoint*> points, const Tree& filter, const BlockTree& body, bool angle,
              Span span);
  ast::Import* import_node(const Token* path, Span span);
  ast::MacroParam macro_param(const Token* token);
  void macro(const Token* name, std::vector<ast::MacroParam> params, const BlockTree& body, Span span);
  ast::Function::Param function_param(const Token* name, const TypeTree& type);
  void function(const Token* name, std::vector<ast::Function::Param> params, const TypeTree& result,
                const BlockTree& body, Span span);
  void map_decl(const Token* map, const Token* kind, const Token* entries, Span span);
  void top_level_let(Span span);

 private:
  template <typename T>
  Tree finish(T* node, uint32_t depth);
  uint32_t checked(uint32_t depth, Span span);
  void check_bound(const Tree& bound);
  void late(const Token* keyword, const DiagnosticKind& kind);

  ast::Ast& ast_;
  std::string_view text_;
  Reporter& reporter_;
  bool depth_reported_ = false;
};

}  // namespace tracer::syntax

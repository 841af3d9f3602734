#include "parser/tree_builder.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/text.h"
#include "parser/attach_text.h"
#include "parser/diagnostics.h"
#include "parser/literals.h"

namespace tracer::syntax {

using namespace ast;

namespace {

uint32_t deepest(const std::vector<Tree>& trees) {
  uint32_t depth = 0;
  for (const Tree& tree : trees) depth = std::max(depth, tree.depth);
  return depth;
}

// A number of the text that fits, else the largest.
uint32_t small_number(std::string_view digits) {
  uint64_t value = 0;
  for (char c : digits) {
    if (c == '_') continue;
    value = std::min<uint64_t>(value * 10 + static_cast<uint64_t>(c - '0'), UINT32_MAX);
  }
  return static_cast<uint32_t>(value);
}

bool decimal(std::string_view text) { return text.find_first_not_of("0123456789_") == text.npos; }

// How a message names what cannot be assigned to.
std::string describe(const Expr* expr) {
  switch (expr->kind) {
    case ExprKind::Identifier:
      return fmt::format("`{}`", static_cast<const Identifier*>(expr)->name);
    case ExprKind::Call:
      return fmt::format("the call of `{}`", static_cast<const Call*>(expr)->name);
    case ExprKind::FieldAccess:
      return fmt::format("the field `{}`", static_cast<const FieldAccess*>(expr)->field);
    case ExprKind::TupleAccess:
    case ExprKind::Index:
      return "an element";
    case ExprKind::IntLiteral:
    case ExprKind::StringLiteral:
    case ExprKind::BoolLiteral:
      return "a literal";
    case ExprKind::Positional:
    case ExprKind::PositionalCount:
      return "a positional parameter";
    case ExprKind::Unary:
      return static_cast<const Unary*>(expr)->op == UnaryOp::Deref ? "memory" : "the value of an operator";
    default:
      return "an expression";
  }
}

// True when the block ends in a value, through every branch of an `if`.
bool has_value(const Expr* expr) {
  if (const auto* block = as<BlockExpr>(expr)) return block->block->value != nullptr;
  for (const auto* branch = as<IfExpr>(expr); branch;) {
    if (!branch->else_block || !branch->then_block->value || !branch->else_block->value) return false;
    if (!branch->else_if) return true;
    branch = as<IfExpr>(branch->else_block->value);
  }
  return true;
}

bool is_primary(const Tree& tree) {
  if (tree.parenthesized) return true;
  switch (tree.expr->kind) {
    case ExprKind::Unary:
    case ExprKind::Binary:
    case ExprKind::Ternary:
    case ExprKind::Cast:
    case ExprKind::Comptime:
    case ExprKind::FieldAccess:
    case ExprKind::TupleAccess:
    case ExprKind::Index:
      return false;
    default:
      return true;
  }
}

}  // namespace

uint32_t TreeBuilder::checked(uint32_t depth, Span span) {
  if (depth <= kMaxDepth) return depth;
  if (!depth_reported_) {
    reporter_.report({span.source, span.begin, std::min(span.end, span.begin + 1)}, diag::nested_too_deeply,
                     kMaxDepth);
  }
  depth_reported_ = true;
  return 0;
}

// The node as a tree, or a leaf in its place when it would be too deep.
template <typename T>
Tree TreeBuilder::finish(T* node, uint32_t depth) {
  uint32_t accepted = checked(depth + 1, node->span);
  if (accepted) return {node, accepted, false, node->span};
  return {ast_.make<IntLiteral>(node->span), 1, false, node->span};
}

// ---------------------------------------------------------------- literals and names

Tree TreeBuilder::integer(const Token* token) {
  auto* node = ast_.make<IntLiteral>(token->span);
  node->spelling = text(token);
  Number number = decode_number(node->spelling, token->span, reporter_);
  node->value = number.value;
  node->duration = number.duration;
  return finish(node, 0);
}

Tree TreeBuilder::string(const Token* token) {
  auto* node = ast_.make<StringLiteral>(token->span);
  node->spelling = text(token);
  if (node->spelling.starts_with('"')) node->value = decode_string(node->spelling, token->span, reporter_);
  return finish(node, 0);
}

Tree TreeBuilder::boolean(const Token* token, bool value) {
  auto* node = ast_.make<BoolLiteral>(token->span);
  node->value = value;
  return finish(node, 0);
}

Tree TreeBuilder::identifier(const Token* token) {
  auto* node = ast_.make<Identifier>(token->span);
  node->name = text(token);
  return finish(node, 0);
}

Tree TreeBuilder::variable(const Token* token) {
  auto* node = ast_.make<Variable>(token->span);
  node->name = text(token).substr(1);
  return finish(node, 0);
}

Tree TreeBuilder::map(const Token* token) {
  auto* node = ast_.make<MapRef>(token->span);
  node->name = text(token);
  return finish(node, 0);
}

Tree TreeBuilder::positional(const Token* token) {
  auto* node = ast_.make<Positional>(token->span);
  node->number = small_number(text(token).substr(1));
  if (node->number == 0) {
    reporter_.report(token->span, diag::positional_zero, text(token))
        .hint("parameters are numbered from `$1`");
    node->number = 1;
  }
  return finish(node, 0);
}

Tree TreeBuilder::positional_count(const Token* token) {
  return finish(ast_.make<PositionalCount>(token->span), 0);
}

// ---------------------------------------------------------------- operators

Tree TreeBuilder::call(const Token* name, const std::vector<Tree>& args, Span span) {
  auto* node = ast_.make<Call>(span);
  node->name = text(name);
  node->name_span = name->span;
  for (const Tree& arg : args) node->args.push_back(arg.expr);
  return finish(node, deepest(args));
}

Tree TreeBuilder::unary(UnaryOp op, const Tree& operand, Span span) {
  auto* node = ast_.make<Unary>(span);
  node->op = op;
  node->operand = operand.expr;
  return finish(node, operand.depth);
}

Tree TreeBuilder::increment(UnaryOp op, const Token* sign, const Tree& operand, Span span) {
  if (operand.expr->kind != ExprKind::Variable && operand.expr->kind != ExprKind::MapRef) {
    reporter_.report(operand.span, diag::increment_operand, text(sign));
  }
  return unary(op, operand, span);
}

Tree TreeBuilder::address_of(const Tree& operand, Span span) {
  const auto* map = as<MapRef>(operand.expr);
  if (operand.expr->kind != ExprKind::Variable && !(map && !map->key)) {
    reporter_.report(operand.span, diag::address_operand);
  }
  return unary(UnaryOp::AddressOf, operand, span);
}

Tree TreeBuilder::binary(BinaryOp op, const Tree& left, const Token* sign, const Tree& right, Span span) {
  auto* node = ast_.make<Binary>(span);
  node->op = op;
  node->op_span = sign->span;
  node->left = left.expr;
  node->right = right.expr;
  return finish(node, std::max(left.depth, right.depth));
}

Tree TreeBuilder::ternary(const Tree& condition, const Tree& then_value, const Tree& else_value, Span span) {
  auto* node = ast_.make<Ternary>(span);
  node->condition = condition.expr;
  node->then_value = then_value.expr;
  node->else_value = else_value.expr;
  return finish(node, deepest({condition, then_value, else_value}));
}

Tree TreeBuilder::field(const Tree& object, const Token* name, bool arrow, Span span) {
  auto* node = ast_.make<FieldAccess>(span);
  node->object = object.expr;
  node->field = text(name);
  node->field_span = name->span;
  node->arrow = arrow;
  return finish(node, object.depth);
}

Tree TreeBuilder::element(const Tree& object, const Token* number, Span span) {
  std::string_view digits = text(number);
  if (object.expr->kind == ExprKind::IntLiteral && !object.parenthesized) {
    reporter_.report(span, diag::number_float).hint("durations have units: `1500ms`");
  } else if (!decimal(digits)) {
    reporter_.report(number->span, diag::expected, "the number of a tuple's element",
                     fmt::format("`{}`", digits));
    digits = "0";
  }
  auto* node = ast_.make<TupleAccess>(span);
  node->object = object.expr;
  node->index = decimal(digits) ? small_number(digits) : 0;
  return finish(node, object.depth);
}

Tree TreeBuilder::index(const Tree& object, const std::vector<Tree>& keys, Span brackets, Span span) {
  auto* map = as<MapRef>(object.expr);
  bool is_key = map && !map->key && !object.parenthesized;
  if (keys.size() > 1 && !is_key) {
    reporter_.report(brackets, diag::several_indices);
  }
  Tree key = keys.front();
  if (is_key && keys.size() > 1) {
    Span inside = join(keys.front().expr->span, keys.back().expr->span);
    key = tuple(keys, inside);
    if (auto* list = as<TupleExpr>(key.expr)) list->implicit = true;
  }
  if (is_key) {
    map->key = key.expr;
    map->span = span;
    return finish(map, key.depth);
  }
  auto* node = ast_.make<Index>(span);
  node->object = object.expr;
  node->index = key.expr;
  return finish(node, std::max(object.depth, key.depth));
}

Tree TreeBuilder::empty_index(const Tree& object, Span brackets) {
  auto& reported = reporter_.report(brackets, diag::empty_key);
  if (object.expr->kind == ExprKind::MapRef) reported.hint("a map without keys is written without `[]`");
  return object;
}

Tree TreeBuilder::cast(const TypeTree& target, const Tree& operand, Span span) {
  auto* node = ast_.make<Cast>(span);
  node->target = target.type;
  node->operand = operand.expr;
  return finish(node, std::max(target.depth, operand.depth));
}

Tree TreeBuilder::tuple(const std::vector<Tree>& elements, Span span) {
  auto* node = ast_.make<TupleExpr>(span);
  for (const Tree& element : elements) node->elements.push_back(element.expr);
  return finish(node, deepest(elements));
}

Tree TreeBuilder::record(const std::vector<Field>& fields, Span span) {
  auto* node = ast_.make<RecordExpr>(span);
  std::unordered_map<std::string_view, Span> seen;
  uint32_t depth = 0;
  for (const Field& field : fields) {
    auto [first, is_new] = seen.emplace(field.name, field.span);
    if (!is_new) {
      reporter_.report(field.span, diag::record_duplicate_field, field.name)
          .note(first->second, "first here");
    }
    node->elements.emplace_back(field.name, field.value.expr);
    depth = std::max(depth, field.value.depth);
  }
  return finish(node, depth);
}

Tree TreeBuilder::parenthesized(Tree inner, Span span) {
  inner.parenthesized = true;
  inner.span = span;
  return inner;
}

Tree TreeBuilder::if_expr(const Tree& condition, const BlockTree& then_block, const ElsePart& else_part,
                          Span span) {
  auto* node = ast_.make<IfExpr>(span);
  node->condition = condition.expr;
  if (auto* constant = as<Comptime>(condition.expr)) {
    node->comptime = true;
    node->condition = constant->operand;
  }
  node->then_block = then_block.block;
  node->else_block = else_part.block;
  node->else_if = else_part.is_if;
  return finish(node, std::max({condition.depth, then_block.depth, else_part.depth}));
}

ElsePart TreeBuilder::else_if(const Tree& inner) {
  auto* block = ast_.make<Block>(inner.expr->span);
  block->value = inner.expr;
  return {block, inner.depth + 1, true};
}

Tree TreeBuilder::block_expr(const BlockTree& block, Span span) {
  auto* node = ast_.make<BlockExpr>(span);
  node->block = block.block;
  return finish(node, block.depth);
}

Tree TreeBuilder::size_of(const TypeOrTree& of, Span span) {
  auto* node = ast_.make<SizeOf>(span);
  node->of = of.of;
  return finish(node, of.depth);
}

Tree TreeBuilder::offset_of(const TypeOrTree& of, std::vector<std::string> fields, Span span) {
  auto* node = ast_.make<OffsetOf>(span);
  node->of = of.of;
  node->fields = std::move(fields);
  return finish(node, of.depth);
}

Tree TreeBuilder::type_info(const TypeOrTree& of, Span span) {
  auto* node = ast_.make<TypeInfo>(span);
  node->of = of.of;
  return finish(node, of.depth);
}

Tree TreeBuilder::type_of(const TypeOrTree& of, Span span) {
  auto* node = ast_.make<TypeOf>(span);
  node->of = of.of;
  return finish(node, of.depth);
}

Tree TreeBuilder::comptime(const Tree& operand, Span span) {
  auto* node = ast_.make<Comptime>(span);
  node->operand = operand.expr;
  return finish(node, operand.depth);
}

// ---------------------------------------------------------------- types

TypeTree TreeBuilder::type(TypeSpec::Tag tag, const Token* name, Span span) {
  TypeSpec* type = ast_.make_type(span);
  type->tag = tag;
  type->name = text(name);
  return {type, 1};
}

TypeTree TreeBuilder::pointer_to(TypeTree target, Span span) {
  target.type->suffixes.push_back({true, {}});
  target.type->span = span;
  return target;
}

TypeTree TreeBuilder::array_of(TypeTree element, const Token* length, Span span) {
  std::optional<uint64_t> count;
  if (length) count = decode_number(text(length), length->span, reporter_).value;
  element.type->suffixes.push_back({false, count});
  element.type->span = span;
  return element;
}

TypeTree TreeBuilder::typeof_type(const TypeOrTree& of, Span span) {
  TypeSpec* type = ast_.make_type(span);
  type->typeof_expr = of.of.expr;
  type->typeof_type = of.of.type;
  return {type, of.depth + 1};
}

// ---------------------------------------------------------------- statements

StatementTree TreeBuilder::let(const Token* name, const TypeTree& declared, const Tree& value, Span span) {
  auto* node = ast_.make<Let>(span);
  node->variable = static_cast<Variable*>(variable(name).expr);
  node->declared = declared.type;
  node->value = value.expr;
  return {node, std::max(declared.depth, value.depth)};
}

StatementTree TreeBuilder::assign(const Tree& target, std::optional<BinaryOp> op, const Tree& value,
                                  Span span) {
  const auto* name = as<Identifier>(target.expr);
  if (name && name->name == "_" && !op && !target.parenthesized) {
    auto* node = ast_.make<Discard>(span);
    node->value = value.expr;
    return {node, value.depth};
  }
  bool place = target.expr->kind == ExprKind::Variable || target.expr->kind == ExprKind::MapRef;
  if (!place || target.parenthesized) {
    auto& reported = reporter_.report(target.span, diag::assignment_target, describe(target.expr));
    if (target.parenthesized && place) {
      reported.hint("leave the parentheses out");
    } else if (name && name->name == "_") {
      reported.hint("`_` takes `=` only");
    } else {
      reported.hint("only variables (`$x`) and maps (`@x`, `@x[key]`) can be assigned to");
    }
  }
  auto* node = ast_.make<Assign>(span);
  node->target = target.expr;
  node->op = op;
  node->value = value.expr;
  return {node, std::max(target.depth, value.depth)};
}

void TreeBuilder::check_bound(const Tree& bound) {
  if (is_primary(bound)) return;
  reporter_.report(bound.span, diag::range_bound)
      .hint(fmt::format("write `({})`",
                        valid_utf8(text_.substr(bound.span.begin, bound.span.end - bound.span.begin))));
}

StatementTree TreeBuilder::loop(const LoopHead& head, const BlockTree& body, Span span) {
  auto* node = ast_.make<For>(span);
  node->variable = as<Variable>(head.variable.expr);
  node->body = body.block;
  uint32_t depth = std::max({head.begin.depth, head.end.depth, body.depth});
  if (head.end.expr) {
    check_bound(head.begin);
    check_bound(head.end);
    node->begin = head.begin.expr;
    node->end = head.end.expr;
    return {node, depth};
  }
  node->map = as<MapRef>(head.begin.expr);
  if (!node->map) {
    reporter_.report(head.begin.span, diag::loop_over).hint("such as `for $kv : @map` or `for $i : 0..10`");
    return {nullptr, 0};
  }
  if (node->map->key) {
    reporter_.report(head.begin.span, diag::loop_over_element);
    return {nullptr, 0};
  }
  return {node, depth};
}

StatementTree TreeBuilder::while_loop(const Tree& condition, const BlockTree& body, Span span) {
  auto* node = ast_.make<While>(span);
  node->condition = condition.expr;
  node->body = body.block;
  return {node, std::max(condition.depth, body.depth)};
}

StatementTree TreeBuilder::unroll(const Tree& count, const BlockTree& body, Span span) {
  auto* node = ast_.make<Unroll>(span);
  node->count = count.expr;
  node->body = body.block;
  return {node, std::max(count.depth, body.depth)};
}

StatementTree TreeBuilder::jump(bool is_break, Span span) {
  auto* node = ast_.make<Jump>(span);
  node->is_break = is_break;
  return {node, 0};
}

StatementTree TreeBuilder::return_statement(const Tree& value, Span span) {
  auto* node = ast_.make<Return>(span);
  node->value = value.expr;
  return {node, value.depth};
}

StatementTree TreeBuilder::expression(const Tree& value) {
  auto* node = ast_.make<ExprStatement>(value.span);
  node->expr = value.expr;
  return {node, value.depth};
}

StatementTree TreeBuilder::import_in_block(const Token* path, Span span) {
  auto* node = ast_.make<ImportStatement>(span);
  node->import = import_node(path, span);
  return {node, 1};
}

BlockTree TreeBuilder::block(const std::vector<StatementTree>& statements, const Tree& value) {
  auto* node = ast_.make<Block>({});
  uint32_t depth = value.depth;
  for (const StatementTree& statement : statements) {
    if (!statement.statement) continue;
    node->statements.push_back(statement.statement);
    depth = std::max(depth, statement.depth);
  }
  node->value = value.expr;
  // An `if` or block that ends the body without `;` is its value when it has one itself.
  if (!value.expr && !statements.empty() && !statements.back().semicolon) {
    auto* last = as<ExprStatement>(statements.back().statement);
    if (last && has_value(last->expr)) {
      node->value = last->expr;
      node->statements.pop_back();
    }
  }
  return {node, depth};
}

BlockTree TreeBuilder::placed(BlockTree block, Span span) {
  block.block->span = span;
  uint32_t depth = checked(block.depth + 1, span);
  if (depth) return {block.block, depth};
  return {ast_.make<Block>(span), 1};
}

// ---------------------------------------------------------------- top level

void TreeBuilder::late(const Token* keyword, const DiagnosticKind& kind) {
  if (!ast_.script.items.empty()) {
    reporter_.report(keyword->span, kind).note(ast_.script.items.front()->span, "the first of them is here");
  }
}

void TreeBuilder::c_item(const Token* token) {
  Script& script = ast_.script;
  auto* node = ast_.make<CItem>(token->span);
  node->text = text(token);
  Span place = token->span;
  place.end = place.begin + static_cast<uint32_t>(std::min(node->text.find('\n'), node->text.size()));
  if (!script.items.empty()) {
    reporter_.report(place, diag::late_c_definition, "probes and functions")
        .note(script.items.front()->span, "the first of them is here");
  } else if (script.config || !script.imports.empty()) {
    reporter_.report(place, diag::late_c_definition, script.config ? "the config block" : "imports");
  }
  script.c_items.push_back(node);
}

Setting* TreeBuilder::setting(const Token* name, const Token* value) {
  auto* node = ast_.make<Setting>(join(name->span, value->span));
  node->name = text(name);
  node->value_span = value->span;
  std::string_view written = text(value);
  node->quoted = written.starts_with('"');
  if (node->quoted) {
    node->value = decode_string(written, value->span, reporter_);
  } else if (written[0] >= '0' && written[0] <= '9') {
    node->value = std::to_string(decode_number(written, value->span, reporter_).value);
  } else {
    node->value = written;
  }
  return node;
}

void TreeBuilder::config(const Token* keyword, const std::vector<Setting*>& settings, Span span) {
  late(keyword, diag::late_config);
  Script& script = ast_.script;
  if (script.config) {
    reporter_.report(keyword->span, diag::duplicate_config)
        .note(script.config->span, "the first one is here");
    return;
  }
  script.config = ast_.make<ConfigBlock>(span);
  for (Setting* setting : settings) {
    if (setting) script.config->settings.push_back(setting);
  }
}

void TreeBuilder::import(const Token* keyword, const Token* path, Span span) {
  late(keyword, diag::late_import);
  ast_.script.imports.push_back(import_node(path, span));
}

Import* TreeBuilder::import_node(const Token* path, Span span) {
  auto* node = ast_.make<Import>(span);
  node->spelling = text(path);
  node->path = decode_string(node->spelling, path->span, reporter_);
  node->path_span = path->span;
  return node;
}

AttachPoint* TreeBuilder::attach_point(const Token* token) {
  auto* node = ast_.make<AttachPoint>(token->span);
  std::string_view written = text(token);
  if (written.empty()) {  // see parse_statements.cpp
    node->text = "begin";
    node->parts = {node->text};
    node->quoted = {false};
    node->part_spans = {token->span};
    return node;
  }
  if (written.starts_with('@') ||
      (written.starts_with('$') && written.size() > 1 && !decimal(written.substr(1, 1)))) {
    reporter_.report(token->span, diag::statement_outside)
        .hint("statements stand in the action of a probe: `begin { ... }`");
    return node;
  }
  if (written.ends_with('<')) {
    reporter_.report({token->span.source, token->span.end - 1, token->span.end}, diag::attach_glued_angle)
        .hint("put a blank before the `<` that opens an action");
  }
  split_attach_point(text_, *node, reporter_);
  return node;
}

void TreeBuilder::clause(std::vector<AttachPoint*> points, const Tree& filter, const BlockTree& body,
                         bool angle, Span span) {
  auto* node = ast_.make<Clause>(span);
  node->attach_points = std::move(points);
  node->filter = filter.expr;
  node->body = body.block;
  node->angle = angle;
  ast_.script.items.push_back(node);
  ast_.script.clauses.push_back(node);
}

MacroParam TreeBuilder::macro_param(const Token* token) {
  std::string_view written = text(token);
  MacroParam param;
  param.span = token->span;
  if (written.starts_with('$')) {
    param.sigil = MacroParam::Sigil::Variable;
    param.name = written.substr(1);
  } else {
    if (written.starts_with('@')) param.sigil = MacroParam::Sigil::Map;
    param.name = written;
  }
  return param;
}

void TreeBuilder::macro(const Token* name, std::vector<MacroParam> params, const BlockTree& body, Span span) {
  auto* node = ast_.make<Macro>(span);
  node->name = text(name);
  node->name_span = name->span;
  node->params = std::move(params);
  node->body = body.block;
  ast_.script.items.push_back(node);
  ast_.script.macros.push_back(node);
}

Function::Param TreeBuilder::function_param(const Token* name, const TypeTree& type) {
  return {static_cast<Variable*>(variable(name).expr), type.type};
}

void TreeBuilder::function(const Token* name, std::vector<Function::Param> params, const TypeTree& result,
                           const BlockTree& body, Span span) {
  if (!result.type) {
    reporter_.report(name->span, diag::function_needs_result)
        .hint(fmt::format("write `fn {}(...) : uint64 {{ ... }}`, or `: void` for none", text(name)));
  }
  auto* node = ast_.make<Function>(span);
  node->name = text(name);
  node->name_span = name->span;
  node->params = std::move(params);
  node->result = result.type;
  node->body = body.block;
  node->code = ast_.make<Clause>(span);
  node->code->body = body.block;
  node->code->function = node;
  ast_.script.items.push_back(node);
  ast_.script.functions.push_back(node);
}

void TreeBuilder::map_decl(const Token* map, const Token* kind, const Token* entries, Span span) {
  static const std::array<std::string, 4> kKinds{"hash", "lruhash", "percpuhash", "percpulruhash"};
  auto* node = ast_.make<MapDecl>(span);
  node->name = text(map);
  node->map_kind = text(kind);
  node->kind_span = kind->span;
  node->entries = decode_number(text(entries), entries->span, reporter_).value;
  if (std::find(kKinds.begin(), kKinds.end(), node->map_kind) == kKinds.end()) {
    auto& reported = reporter_.report(kind->span, diag::map_kind, node->map_kind);
    std::string near = did_you_mean(node->map_kind, kKinds);
    reported.hint(near.empty() ? "map kinds are `hash`, `lruhash`, `percpuhash` and `percpulruhash`" : near);
  }
  ast_.script.items.push_back(node);
  ast_.script.map_decls.push_back(node);
}

void TreeBuilder::top_level_let(Span span) {
  reporter_.report(span, diag::let_outside).hint("only maps are declared outside: `let @name = hash(1000);`");
}

}  // namespace tracer::syntax

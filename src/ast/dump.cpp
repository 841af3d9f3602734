#include <fmt/format.h>

#include <algorithm>

#include "ast/format_script.h"
#include "ast/type_text.h"

namespace tracer::ast {
namespace {

// Prints one line a node, children indented below it.
class Dumper {
 public:
  std::string run(const Script& script) {
    line("script");
    ++depth_;
    if (!script.shebang.empty()) line("shebang {}", script.shebang);
    for (const CItem* item : script.c_items) line("c {}", item->text);
    if (script.config) config(*script.config);
    for (const Import* import : script.imports) line("import {}", import->path);
    for (const Node* item : script.items) top_level(item);
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void line(fmt::format_string<Args...> text, Args&&... args) {
    out_.append(depth_ * 2, ' ');
    fmt::format_to(std::back_inserter(out_), text, std::forward<Args>(args)...);
    out_ += '\n';
  }

  void config(const ConfigBlock& config) {
    line("config");
    ++depth_;
    for (const Setting* setting : config.settings) {
      line("{} = {}{}", setting->name, setting->quoted ? "string " : "", setting->value);
    }
    --depth_;
  }

  void top_level(const Node* item) {
    if (const auto* clause = dynamic_cast<const Clause*>(item)) {
      dump_clause(*clause);
    } else if (const auto* macro = dynamic_cast<const Macro*>(item)) {
      dump_macro(*macro);
    } else if (const auto* function = dynamic_cast<const Function*>(item)) {
      dump_function(*function);
    } else if (const auto* map = dynamic_cast<const MapDecl*>(item)) {
      line("map {} = {}({})", map->name, map->map_kind, map->entries);
    }
  }

  void dump_clause(const Clause& clause) {
    line("clause{}", clause.angle ? " angle" : "");
    ++depth_;
    for (const AttachPoint* point : clause.attach_points) attach_point(*point);
    child("filter", clause.filter);
    block("action", clause.body);
    --depth_;
  }

  void attach_point(const AttachPoint& point) {
    line("attach{}{}", point.name.empty() ? "" : " name=", point.name);
    ++depth_;
    for (size_t i = 0; i < point.parts.size(); ++i) {
      line("part{} {}", point.quoted[i] ? " quoted" : "", point.parts[i]);
    }
    --depth_;
  }

  void dump_macro(const Macro& macro) {
    line("macro {}", macro.name);
    ++depth_;
    for (const MacroParam& param : macro.params) {
      line("param {}{}", param.sigil == MacroParam::Sigil::Variable ? "$" : "", param.name);
    }
    block("body", macro.body);
    --depth_;
  }

  void dump_function(const Function& function) {
    line("fn {}", function.name);
    ++depth_;
    for (const Function::Param& param : function.params) {
      line("param ${}", param.variable->name);
      type(param.type);
    }
    if (function.result) {
      line("result");
      type(function.result);
    }
    block("body", function.body);
    --depth_;
  }

  void type(const TypeSpec* spec) {
    if (!spec) return;
    ++depth_;
    if (spec->typeof_expr || spec->typeof_type) {
      type_or_expr("typeof", {spec->typeof_type, spec->typeof_expr});
    } else {
      line("type {}", type_text(*spec));
    }
    --depth_;
  }

  void type_or_expr(const char* label, const TypeOrExpr& of) {
    line("{}", label);
    type(of.type);
    ++depth_;
    if (of.expr) expr(of.expr);
    --depth_;
  }

  void block(const char* label, const Block* block) {
    if (!block) return;
    line("{}", label);
    ++depth_;
    for (const Statement* s : block->statements) statement(s);
    child("value", block->value);
    --depth_;
  }

  void child(const char* label, const Expr* e) {
    if (!e) return;
    line("{}", label);
    ++depth_;
    expr(e);
    --depth_;
  }

  void children(std::initializer_list<const Expr*> list) {
    ++depth_;
    for (const Expr* e : list) {
      if (e) expr(e);
    }
    --depth_;
  }

  void statement(const Statement* s) {
    switch (s->kind) {
#define KIND(name)          \
  case StatementKind::name: \
    return show(*static_cast<const name*>(s));
      TRACER_STATEMENT_KINDS(KIND)
#undef KIND
    }
  }

  void expr(const Expr* e) {
    switch (e->kind) {
#define KIND(name)     \
  case ExprKind::name: \
    return show(*static_cast<const name*>(e));
      TRACER_EXPR_KINDS(KIND)
#undef KIND
    }
  }

  // ------------------------------------------------------------ statements

  void show(const Let& s) {
    line("let ${}", s.variable->name);
    type(s.declared);
    children({s.value});
  }
  void show(const Assign& s) {
    line("assign {}=", s.op ? spelling(*s.op) : "");
    children({s.target, s.value});
  }
  void show(const Discard& s) {
    line("discard");
    children({s.value});
  }
  void show(const For& s) {
    line("for ${}", s.variable->name);
    children({s.map, s.begin, s.end});
    body(s.body);
  }
  void show(const While& s) {
    line("while");
    children({s.condition});
    body(s.body);
  }
  void show(const Unroll& s) {
    line("unroll");
    children({s.count});
    body(s.body);
  }
  void show(const Jump& s) { line("{}", s.is_break ? "break" : "continue"); }
  void show(const Return& s) {
    line("return");
    children({s.value});
  }
  void show(const ExprStatement& s) {
    line("expression");
    children({s.expr});
  }
  void show(const ImportStatement& s) { line("import {}", s.import->spelling); }
  void body(const Block* b) {
    ++depth_;
    block("body", b);
    --depth_;
  }

  // ------------------------------------------------------------ expressions

  void show(const IntLiteral& e) {
    line("int {}{} = {}", e.spelling, e.duration ? " duration" : "", e.value);
  }
  void show(const StringLiteral& e) { line("string {}", e.spelling); }
  void show(const BoolLiteral& e) { line("bool {}", e.value); }
  void show(const Identifier& e) { line("identifier {}", e.name); }
  void show(const Positional& e) { line("positional ${}", e.number); }
  void show(const PositionalCount&) { line("positional count"); }
  void show(const Variable& e) { line("variable ${}", e.name); }
  void show(const MapRef& e) {
    line("map {}", e.name);
    children({e.key});
  }
  void show(const Call& e) {
    line("call {}", e.name);
    ++depth_;
    for (const Expr* arg : e.args) expr(arg);
    --depth_;
  }
  void show(const Unary& e) {
    line("unary {}{}", is_postfix(e.op) ? "postfix " : "", spelling(e.op));
    children({e.operand});
  }
  void show(const Binary& e) {
    line("binary {}", spelling(e.op));
    children({e.left, e.right});
  }
  void show(const Ternary& e) {
    line("ternary");
    ++depth_;
    child("condition", e.condition);
    child("then", e.then_value);
    child("else", e.else_value);
    --depth_;
  }
  void show(const FieldAccess& e) {
    line("field {}{}", e.arrow ? "->" : ".", e.field);
    children({e.object});
  }
  void show(const TupleAccess& e) {
    line("element {}", e.index);
    children({e.object});
  }
  void show(const Index& e) {
    line("index");
    children({e.object, e.index});
  }
  void show(const Cast& e) {
    line("cast");
    type(e.target);
    children({e.operand});
  }
  void show(const TupleExpr& e) {
    line("tuple{}", e.implicit ? " of keys" : "");
    ++depth_;
    for (const Expr* element : e.elements) expr(element);
    --depth_;
  }
  void show(const RecordExpr& e) {
    line("record");
    ++depth_;
    for (const auto& [name, value] : e.elements) {
      line("{}", name);
      children({value});
    }
    --depth_;
  }
  void show(const IfExpr& e) {
    line("if{}{}", e.comptime ? " comptime" : "", e.else_if ? " else-if" : "");
    ++depth_;
    child("condition", e.condition);
    block("then", e.then_block);
    block("else", e.else_block);
    --depth_;
  }
  void show(const BlockExpr& e) { block("block", e.block); }
  void show(const SizeOf& e) { type_or_expr("sizeof", e.of); }
  void show(const OffsetOf& e) {
    type_or_expr(fmt::format("offsetof {}", fmt::join(e.fields, ".")).c_str(), e.of);
  }
  void show(const TypeInfo& e) { type_or_expr("typeinfo", e.of); }
  void show(const TypeOf& e) { type_or_expr("typeof", e.of); }
  void show(const Comptime& e) {
    line("comptime");
    children({e.operand});
  }

  std::string out_;
  size_t depth_ = 0;
};

}  // namespace

std::string dump(const Script& script) { return Dumper().run(script); }

}  // namespace tracer::ast

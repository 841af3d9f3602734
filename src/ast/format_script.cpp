// The tree is printed node by node; comments are kept beside it, in order of place, and each is put out
// when the printer comes by it: at the end of the line just printed when it stood there, else on a line of
// its own.
#include "ast/format_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "ast/passes/walk.h"
#include "ast/type_text.h"
#include "base/text.h"

namespace tracer::ast {
namespace {

// Levels of the table in LANGUAGE 3.4. Blocks and `if` stand lowest: as operands they get parentheses,
// because at the start of a statement they would end it.
enum Level { kAny = 0, kTernary = 1, kPrefix = 12, kPostfix = 13, kPrimary = 14 };

int level(const Expr* e) {
  switch (e->kind) {
    case ExprKind::IfExpr:
    case ExprKind::BlockExpr:
      return kAny;
    case ExprKind::Ternary:
      return kTernary;
    case ExprKind::Binary:
      return precedence(static_cast<const Binary*>(e)->op);
    case ExprKind::Unary:
      return is_postfix(static_cast<const Unary*>(e)->op) ? kPostfix : kPrefix;
    case ExprKind::Cast:
    case ExprKind::Comptime:
      return kPrefix;
    case ExprKind::FieldAccess:
    case ExprKind::TupleAccess:
    case ExprKind::Index:
      return kPostfix;
    default:
      return kPrimary;
  }
}

// `x`, `x[4]`: inside sizeof(...) these are types, so that as expressions they need parentheses.
bool looks_like_type(const Expr* e) {
  while (const auto* index = as<Index>(e)) {
    if (index->index->kind != ExprKind::IntLiteral) return false;
    e = index->object;
  }
  return e->kind == ExprKind::Identifier;
}

bool is_block_like(const Expr* e) {
  return e && (e->kind == ExprKind::IfExpr || e->kind == ExprKind::BlockExpr);
}

class BlockFinder : public Walker {
 public:
  bool found = false;
  void block(Block&) override { found = true; }
  void expr(Expr*& slot) override {
    if (!found) expr_children(*slot);
  }
};

// True when a block's lines are printed as part of the statement, with the comments that stand in them.
bool contains_block(const Statement* s) {
  BlockFinder finder;
  auto* slot = const_cast<Statement*>(s);  // only looked at
  finder.statement(slot);
  return finder.found;
}

class Formatter {
 public:
  Formatter(const Script& script, const Sources& sources)
      : script_(script), source_(sources[script.source]), text_(source_.text()) {}

  std::string run() {
    if (!script_.shebang.empty()) {
      out_ = script_.shebang + "\n";
      last_end_ = static_cast<uint32_t>(script_.shebang.size());
    }
    const Node* previous = nullptr;
    for (const Node* node : parts()) {
      blank_wanted_ = previous && !(is_line(previous) && is_line(node));
      start_line(node->span.begin);
      top_level(node);
      last_end_ = node->span.end;
      previous = node;
    }
    blank_wanted_ = false;
    flush_comments(static_cast<uint32_t>(text_.size()));
    return std::move(out_);
  }

 private:
  // ------------------------------------------------------------ lines and comments

  uint32_t line_of(uint32_t offset) const { return source_.place(offset).line; }
  std::string_view slice(Span span) const { return text_.substr(span.begin, span.end - span.begin); }

  void indent() { out_.append(depth_ * 2, ' '); }

  // An empty line is kept where there was one, except at the start of a block.
  void blank_line(uint32_t next_begin) {
    bool had_one = line_of(next_begin) > line_of(last_end_) + 1 && last_end_ > 0;
    if ((blank_wanted_ || had_one) && !out_.empty() && !block_begins_) out_ += '\n';
    blank_wanted_ = block_begins_ = false;
  }

  // Comments before `begin`, an empty line where wanted, indent.
  void start_line(uint32_t begin) {
    flush_comments(begin);
    blank_line(begin);
    indent();
  }

  // Puts out the comments that begin before `limit`. The output is at the start of a line.
  void flush_comments(uint32_t limit) {
    const auto& comments = script_.comments;
    for (; next_comment_ < comments.size() && comments[next_comment_].span.begin < limit; ++next_comment_) {
      const Comment& comment = comments[next_comment_];
      if (is_trailing(comment)) {
        if (out_.ends_with('\n')) out_.pop_back();
        out_ += ' ';
      } else {
        blank_line(comment.span.begin);
        indent();
      }
      last_end_ = comment.span.end;
      bool more_on_line = next_comment_ + 1 < comments.size() &&
                          comments[next_comment_ + 1].span.begin < limit &&
                          is_trailing(comments[next_comment_ + 1]);
      out_ += comment_text(comment, !more_on_line);
      out_ += '\n';
    }
  }

  bool is_trailing(const Comment& comment) const {
    return !comment.own_line && !out_.empty() && line_of(comment.span.begin) == line_of(last_end_);
  }

  // `/* c */` at the end of a line becomes `// c`.
  std::string comment_text(const Comment& comment, bool ends_line) const {
    std::string_view written = trim(slice(comment.span));
    bool one_line = written.starts_with("/*") && written.find('\n') == written.npos;
    if (!one_line || !ends_line) return std::string(written);
    std::string_view inner = trim(written.substr(2, written.size() - 4));
    return inner.empty() ? "//" : fmt::format("// {}", inner);
  }

  // ------------------------------------------------------------ the top level

  std::vector<const Node*> parts() const {
    std::vector<const Node*> nodes(script_.c_items.begin(), script_.c_items.end());
    if (script_.config) nodes.push_back(script_.config);
    nodes.insert(nodes.end(), script_.imports.begin(), script_.imports.end());
    nodes.insert(nodes.end(), script_.items.begin(), script_.items.end());
    std::stable_sort(nodes.begin(), nodes.end(),
                     [](const Node* a, const Node* b) { return a->span.begin < b->span.begin; });
    return nodes;
  }

  // Parts of one line may follow each other without an empty line.
  static bool is_line(const Node* node) {
    return dynamic_cast<const CItem*>(node) || dynamic_cast<const Import*>(node) ||
           dynamic_cast<const MapDecl*>(node);
  }

  void top_level(const Node* node) {
    if (const auto* item = dynamic_cast<const CItem*>(node)) {
      out_ += item->text + "\n";
    } else if (const auto* config = dynamic_cast<const ConfigBlock*>(node)) {
      config_block(*config);
    } else if (const auto* import = dynamic_cast<const Import*>(node)) {
      out_ += fmt::format("import {};\n", import->spelling);
    } else if (const auto* clause = dynamic_cast<const Clause*>(node)) {
      print_clause(*clause);
    } else if (const auto* macro = dynamic_cast<const Macro*>(node)) {
      print_macro(*macro);
    } else if (const auto* function = dynamic_cast<const Function*>(node)) {
      print_function(*function);
    } else if (const auto* map = dynamic_cast<const MapDecl*>(node)) {
      out_ += fmt::format("let {} = {}({});\n", map->name, map->map_kind, entries(*map));
    }
  }

  // The number as it was written.
  std::string entries(const MapDecl& map) const {
    std::string_view written = slice(map.span);
    written = written.substr(written.rfind('(') + 1);
    written = trim(written.substr(0, written.find(')')));
    bool plain =
        !written.empty() && written.find_first_not_of("0123456789abcdefxlunmshABCDEFXLU_") == written.npos;
    return plain ? std::string(written) : std::to_string(map.entries);
  }

  void config_block(const ConfigBlock& config) {
    out_ += "config = {\n";
    ++depth_;
    last_end_ = config.span.begin;
    block_begins_ = true;
    for (const Setting* setting : config.settings) {
      start_line(setting->span.begin);
      out_ += fmt::format("{} = {};\n", setting->name, slice(setting->value_span));
      last_end_ = setting->span.end;
    }
    close_brace(config.span.end, '}');
    out_ += '\n';
  }

  void print_clause(const Clause& clause) {
    for (size_t i = 0; i < clause.attach_points.size(); ++i) {
      const AttachPoint& point = *clause.attach_points[i];
      if (i > 0) start_line(point.span.begin);
      if (!point.name.empty()) out_ += point.name + "=";
      out_ += point.text;
      out_ += i + 1 < clause.attach_points.size() ? ",\n" : "\n";
      last_end_ = point.span.end;
    }
    if (clause.filter) print_filter(clause.filter);
    start_line(clause.body->span.begin);
    angle_depth_0_ = clause.angle;
    block(clause.body, clause.angle ? '<' : '{', clause.angle ? '>' : '}');
    angle_depth_0_ = false;
    out_ += '\n';
  }

  void print_filter(const Expr* filter) {
    start_line(filter->span.begin);
    size_t begin = out_.size();
    out_ += '/';
    expr(filter, kAny);
    // `/*` would begin a comment.
    if (out_[begin + 1] == '*') out_.insert(begin + 1, 1, ' ');
    out_ += "/\n";
    last_end_ = filter->span.end;
  }

  void print_macro(const Macro& macro) {
    out_ += fmt::format("macro {}(", macro.name);
    const char* separator = "";
    for (const MacroParam& param : macro.params) {
      out_ += separator;
      if (param.sigil == MacroParam::Sigil::Variable) out_ += '$';
      out_ += param.name;
      separator = ", ";
    }
    out_ += ") ";
    block(macro.body);
    out_ += '\n';
  }

  void print_function(const Function& function) {
    out_ += fmt::format("fn {}(", function.name);
    const char* separator = "";
    for (const Function::Param& param : function.params) {
      out_ += fmt::format("{}${} : ", separator, param.variable->name);
      type(param.type);
      separator = ", ";
    }
    out_ += ')';
    if (function.result) {
      out_ += " : ";
      type(function.result);
    }
    out_ += ' ';
    block(function.body);
    out_ += '\n';
  }

  // ------------------------------------------------------------ blocks and statements

  // From the opening to the closing bracket, without a newline after it.
  void block(const Block* b, char open = '{', char close = '}') {
    bool outer = angle_depth_0_;
    angle_depth_0_ = open == '<';
    out_ += open;
    out_ += '\n';
    ++depth_;
    last_end_ = b->span.begin + 1;
    block_begins_ = true;
    for (size_t i = 0; i < b->statements.size(); ++i) {
      statement(b->statements[i], i + 1 == b->statements.size() && !b->value);
    }
    if (b->value) {
      start_line(b->value->span.begin);
      expr(b->value, kAny);
      out_ += '\n';
      last_end_ = b->value->span.end;
    }
    close_brace(b->span.end, close);
    angle_depth_0_ = outer;
  }

  void close_brace(uint32_t end, char close) {
    flush_comments(end - 1);
    --depth_;
    indent();
    out_ += close;
    last_end_ = end;
    block_begins_ = false;
  }

  void statement(const Statement* s, bool last) {
    // Comments inside a statement of several lines go before it; on one line they end up behind it.
    bool one_line = line_of(s->span.begin) == line_of(s->span.end);
    if (!one_line && !contains_block(s)) flush_comments(s->span.end);
    start_line(s->span.begin);
    switch (s->kind) {
#define KIND(name)                             \
  case StatementKind::name:                    \
    print(*static_cast<const name*>(s), last); \
    break;
      TRACER_STATEMENT_KINDS(KIND)
#undef KIND
    }
    out_ += '\n';
    last_end_ = std::max(last_end_, s->span.end);
  }

  void print(const Let& s, bool) {
    out_ += fmt::format("let ${}", s.variable->name);
    if (s.declared) {
      out_ += ": ";
      type(s.declared);
    }
    if (s.value) {
      out_ += " = ";
      expr(s.value, kAny);
    }
    out_ += ';';
  }

  void print(const Assign& s, bool) {
    expr(s.target, kAny);
    out_ += fmt::format(" {}= ", s.op ? spelling(*s.op) : "");
    expr(s.value, kAny);
    out_ += ';';
  }

  void print(const Discard& s, bool) {
    out_ += "_ = ";
    expr(s.value, kAny);
    out_ += ';';
  }

  void print(const For& s, bool) {
    out_ += fmt::format("for ${} : ", s.variable->name);
    if (s.map) {
      expr(s.map, kAny);
    } else {
      bound(s.begin);
      out_ += "..";
      bound(s.end);
    }
    out_ += ' ';
    block(s.body);
  }

  void print(const While& s, bool) { conditional("while ", s.condition, s.body); }
  void print(const Unroll& s, bool) { conditional("unroll ", s.count, s.body); }
  void print(const Jump& s, bool) { out_ += s.is_break ? "break;" : "continue;"; }

  void print(const Return& s, bool) {
    out_ += "return";
    if (s.value) {
      out_ += ' ';
      expr(s.value, kAny);
    }
    out_ += ';';
  }

  // At the end of a body, a block without `;` would be the body's value.
  void print(const ExprStatement& s, bool last) {
    expr(s.expr, kAny);
    if (!is_block_like(s.expr) || (last && ends_in_value(s.expr))) out_ += ';';
  }

  void print(const ImportStatement& s, bool) { out_ += fmt::format("import {};", s.import->spelling); }

  static bool ends_in_value(const Expr* e) {
    if (const auto* inner = as<BlockExpr>(e)) return inner->block->value != nullptr;
    const auto* branch = as<IfExpr>(e);
    return branch && branch->else_block && branch->then_block->value && branch->else_block->value;
  }

  void conditional(const char* keyword, const Expr* condition, const Block* body) {
    out_ += keyword;
    in_parentheses_below(condition, kPrefix);
    out_ += ' ';
    block(body);
  }

  void bound(const Expr* e) { in_parentheses_below(e, kPrimary); }

  // ------------------------------------------------------------ types

  void type(const TypeSpec* spec) {
    if (spec->typeof_expr || spec->typeof_type) {
      type_or_expr("typeof", {spec->typeof_type, spec->typeof_expr});
    } else {
      out_ += type_text(*spec);
    }
  }

  void type_or_expr(const char* keyword, const TypeOrExpr& of, std::string_view tail = {}) {
    out_ += keyword;
    out_ += '(';
    Nested nested(*this);
    if (of.type) {
      type(of.type);
    } else if (looks_like_type(of.expr)) {
      parenthesized(of.expr);
    } else {
      expr(of.expr, kAny);
    }
    out_ += tail;
    out_ += ')';
  }

  // ------------------------------------------------------------ expressions

  // Inside brackets a `>` is no end of an angle action.
  struct Nested {
    explicit Nested(Formatter& f) : formatter(f), outer(f.angle_depth_0_) { f.angle_depth_0_ = false; }
    ~Nested() { formatter.angle_depth_0_ = outer; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    Formatter& formatter;
    bool outer;
  };

  void parenthesized(const Expr* e) {
    out_ += '(';
    Nested nested(*this);
    expr(e, kAny);
    out_ += ')';
  }

  void in_parentheses_below(const Expr* e, int lowest) {
    if (level(e) < lowest) {
      parenthesized(e);
    } else {
      expr(e, lowest);
    }
  }

  // Prints `e` so that it stands as one operand of at least `lowest` level.
  void expr(const Expr* e, int lowest) {
    if (level(e) < lowest || closes_angle(e)) return parenthesized(e);
    switch (e->kind) {
#define KIND(name)     \
  case ExprKind::name: \
    return print(*static_cast<const name*>(e));
      TRACER_EXPR_KINDS(KIND)
#undef KIND
    }
  }

  bool closes_angle(const Expr* e) const {
    const auto* binary = as<Binary>(e);
    return angle_depth_0_ && binary &&
           (binary->op == BinaryOp::Greater || binary->op == BinaryOp::ShiftRight);
  }

  void list(const std::vector<Expr*>& elements) {
    const char* separator = "";
    for (const Expr* element : elements) {
      out_ += separator;
      expr(element, kAny);
      separator = ", ";
    }
  }

  void print(const IntLiteral& e) { out_ += e.spelling.empty() ? std::to_string(e.value) : e.spelling; }
  void print(const StringLiteral& e) { out_ += e.spelling; }
  void print(const BoolLiteral& e) { out_ += e.value ? "true" : "false"; }
  void print(const Identifier& e) { out_ += e.name; }
  void print(const Positional& e) { out_ += fmt::format("${}", e.number); }
  void print(const PositionalCount&) { out_ += "$#"; }
  void print(const Variable& e) { out_ += "$" + e.name; }

  void print(const MapRef& e) {
    out_ += e.name;
    if (!e.key) return;
    out_ += '[';
    Nested nested(*this);
    const auto* keys = as<TupleExpr>(e.key);
    if (keys && keys->implicit) {
      list(keys->elements);
    } else {
      expr(e.key, kAny);
    }
    out_ += ']';
  }

  void print(const Call& e) {
    out_ += e.name;
    out_ += '(';
    Nested nested(*this);
    list(e.args);
    out_ += ')';
  }

  void print(const Unary& e) {
    if (is_postfix(e.op)) {
      expr(e.operand, kPostfix);
      out_ += spelling(e.op);
      return;
    }
    out_ += spelling(e.op);
    const auto* inner = as<Unary>(e.operand);
    // `- -x` glued together would be `--x`.
    bool glues = e.op == UnaryOp::Negate && inner &&
                 (inner->op == UnaryOp::Negate || inner->op == UnaryOp::PreDecrement);
    if (glues) {
      parenthesized(e.operand);
    } else {
      expr(e.operand, kPrefix);
    }
  }

  void print(const Binary& e) {
    expr(e.left, precedence(e.op));
    out_ += fmt::format(" {} ", spelling(e.op));
    expr(e.right, precedence(e.op) + 1);
  }

  void print(const Ternary& e) {
    expr(e.condition, kTernary + 1);
    out_ += " ?";
    if (e.then_value) {
      out_ += ' ';
      expr(e.then_value, kTernary);
      out_ += ' ';
    }
    out_ += ": ";
    expr(e.else_value, kTernary);
  }

  void print(const FieldAccess& e) {
    expr(e.object, kPostfix);
    out_ += e.arrow ? "->" : ".";
    out_ += e.field;
  }

  void print(const TupleAccess& e) {
    // `1.0` would be taken for a floating-point number.
    if (e.object->kind == ExprKind::IntLiteral) {
      parenthesized(e.object);
    } else {
      expr(e.object, kPostfix);
    }
    out_ += fmt::format(".{}", e.index);
  }

  void print(const Index& e) {
    const auto* map = as<MapRef>(e.object);
    // Without parentheses the index would be the map's key.
    if (map && !map->key) {
      parenthesized(e.object);
    } else {
      expr(e.object, kPostfix);
    }
    out_ += '[';
    Nested nested(*this);
    expr(e.index, kAny);
    out_ += ']';
  }

  void print(const Cast& e) {
    out_ += '(';
    type(e.target);
    out_ += ')';
    // Behind `(name)` only some tokens make a cast of it (LANGUAGE 3.5).
    const auto* unary = as<Unary>(e.operand);
    bool increment = unary && (unary->op == UnaryOp::PreIncrement || unary->op == UnaryOp::PreDecrement);
    if (increment || e.operand->kind == ExprKind::Comptime) {
      parenthesized(e.operand);
    } else {
      expr(e.operand, kPrefix);
    }
  }

  void print(const TupleExpr& e) {
    out_ += '(';
    Nested nested(*this);
    list(e.elements);
    out_ += e.elements.size() == 1 ? ",)" : ")";
  }

  void print(const RecordExpr& e) {
    out_ += '(';
    Nested nested(*this);
    const char* separator = "";
    for (const auto& [name, value] : e.elements) {
      out_ += fmt::format("{}{} = ", separator, name);
      expr(value, kAny);
      separator = ", ";
    }
    out_ += ')';
  }

  void print(const IfExpr& e) {
    conditional(e.comptime ? "if comptime " : "if ", e.condition, e.then_block);
    if (!e.else_block) return;
    out_ += " else ";
    if (e.else_if) {
      expr(e.else_block->value, kAny);
    } else {
      block(e.else_block);
    }
  }

  void print(const BlockExpr& e) { block(e.block); }
  void print(const SizeOf& e) { type_or_expr("sizeof", e.of); }
  void print(const OffsetOf& e) {
    type_or_expr("offsetof", e.of, fmt::format(", {}", fmt::join(e.fields, ".")));
  }
  void print(const TypeInfo& e) { type_or_expr("typeinfo", e.of); }
  void print(const TypeOf& e) { type_or_expr("typeof", e.of); }

  void print(const Comptime& e) {
    out_ += "comptime ";
    expr(e.operand, kPrefix);
  }

  const Script& script_;
  const Source& source_;
  std::string_view text_;
  std::string out_;
  size_t depth_ = 0;
  size_t next_comment_ = 0;
  uint32_t last_end_ = 0;       // end, in the source, of what was printed last
  bool blank_wanted_ = false;   // an empty line before what comes next
  bool block_begins_ = false;   // nothing was printed since the opening bracket
  bool angle_depth_0_ = false;  // a `>` here would close the action
};

}  // namespace

std::string format_script(const Script& script, const Sources& sources) {
  return Formatter(script, sources).run();
}

}  // namespace tracer::ast

// The syntax tree. The parser makes it, the passes annotate it in place, codegen reads it.
//
// All nodes belong to one Ast and live as long as it; pointers between nodes own nothing.
// Fields marked "set by" are empty until that pass has run. Macros are expanded and clauses
// cloned on the tree, so that later passes see plain clauses only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/source.h"
#include "plan/type.h"

namespace tracer {
struct Diagnostic;
}

namespace tracer {
class BtfFile;
}

namespace tracer::ast {

// ---------------------------------------------------------------- nodes in general

// The kinds of nodes, for enumerations and for dispatch.
// clang-format off
#define TRACER_EXPR_KINDS(KIND)                                                                \
  KIND(IntLiteral) KIND(StringLiteral) KIND(BoolLiteral) KIND(Identifier)                       \
  KIND(Positional) KIND(PositionalCount) KIND(Variable) KIND(MapRef) KIND(Call)                 \
  KIND(Unary) KIND(Binary) KIND(Ternary) KIND(FieldAccess) KIND(TupleAccess) KIND(Index)        \
  KIND(Cast) KIND(TupleExpr) KIND(RecordExpr) KIND(IfExpr) KIND(BlockExpr) KIND(SizeOf)         \
  KIND(OffsetOf) KIND(TypeInfo) KIND(TypeOf) KIND(Comptime)

#define TRACER_STATEMENT_KINDS(KIND)                                                           \
  KIND(Let) KIND(Assign) KIND(Discard) KIND(For) KIND(While) KIND(Unroll) KIND(Jump)            \
  KIND(Return) KIND(ExprStatement) KIND(ImportStatement)
// clang-format on

enum class ExprKind : uint8_t {
#define KIND(name) name,
  TRACER_EXPR_KINDS(KIND)
#undef KIND
};

enum class StatementKind : uint8_t {
#define KIND(name) name,
  TRACER_STATEMENT_KINDS(KIND)
#undef KIND
};

struct Node {
  Span span;
  virtual ~Node() = default;
};

struct Block;
struct Builtin;  // ast/builtins.h
struct ExternalFunction;
struct Function;

struct Expr : Node {
  const ExprKind kind;
  // Set by resolve_types. None until then; Void for calls without value.
  Type type;
  // Set by fold_constants: the value of an integer, boolean or enum expression that is known
  // at compile time (two's complement bits of `type`).
  std::optional<uint64_t> constant;
  // A non-negative integer constant takes the sign of what it meets (LANGUAGE 4.2).
  bool flexible_sign = false;
  // A helper that this expression calls may fail: index into Plan::counters; set by plan_counters.
  std::optional<uint32_t> failure_counter;

 protected:
  explicit Expr(ExprKind k) : kind(k) {}
};

struct Statement : Node {
  const StatementKind kind;

 protected:
  explicit Statement(StatementKind k) : kind(k) {}
};

// Checked down-cast: `as<Binary>(expr)` is null when expr is another kind.
template <typename T, typename Base>
T* as(Base* node) {
  return node && node->kind == T::Kind ? static_cast<T*>(node) : nullptr;
}
template <typename T, typename Base>
const T* as(const Base* node) {
  return node && node->kind == T::Kind ? static_cast<const T*>(node) : nullptr;
}

template <ExprKind K>
struct ExprOf : Expr {
  static constexpr ExprKind Kind = K;
  ExprOf() : Expr(K) {}
};
template <StatementKind K>
struct StatementOf : Statement {
  static constexpr StatementKind Kind = K;
  StatementOf() : Statement(K) {}
};

// ---------------------------------------------------------------- types as written

// `struct sock *`, `uint8[4]`, `typeof(expr)`.
struct TypeSpec {
  enum class Tag : uint8_t { None, Struct, Union, Enum };
  struct Suffix {
    bool pointer = false;            // `*`; else `[N]`
    std::optional<uint64_t> length;  // `[]` has none
  };
  Span span;
  Tag tag = Tag::None;
  std::string name;                 // empty for typeof
  std::vector<Suffix> suffixes;     // from left to right
  Expr* typeof_expr = nullptr;      // typeof(expr)
  TypeSpec* typeof_type = nullptr;  // typeof(type)
};

// What stands in sizeof(...), offsetof(...), typeof(...): exactly one is set.
struct TypeOrExpr {
  TypeSpec* type = nullptr;
  Expr* expr = nullptr;
};

// ---------------------------------------------------------------- expressions

struct IntLiteral : ExprOf<ExprKind::IntLiteral> {
  uint64_t value = 0;
  bool duration = false;  // 5ms: nanoseconds
  std::string spelling;   // as written, for the formatter
};

struct StringLiteral : ExprOf<ExprKind::StringLiteral> {
  std::string value;     // bytes after escapes
  std::string spelling;  // as written, with quotes
};

struct BoolLiteral : ExprOf<ExprKind::BoolLiteral> {
  bool value = false;
};

// `pid`, an enum constant, a macro or preamble constant: a name without call.
struct Identifier : ExprOf<ExprKind::Identifier> {
  std::string name;
  const Builtin* builtin = nullptr;  // set by resolve_names
  uint32_t arg_number = 0;           // argN, sargN
};

struct Positional : ExprOf<ExprKind::Positional> {
  uint32_t number = 1;  // $1 is 1
};

struct PositionalCount : ExprOf<ExprKind::PositionalCount> {};

struct Variable : ExprOf<ExprKind::Variable> {
  std::string name;        // without `$`
  uint32_t local = 0;      // index into Clause::locals; set by resolve_variables
  uint32_t expansion = 0;  // of the macro whose own variable it is: two of one name differ; 0: none
};

struct MapRef : ExprOf<ExprKind::MapRef> {
  std::string name;     // with `@`
  Expr* key = nullptr;  // null: no key written; several keys are a TupleExpr with `implicit`
  uint32_t map = 0;     // index into Plan::maps; set by resolve_maps
  // Set by build_plan where an access can fail: index into Plan::counters of a MapFull counter
  // (stores) - see Assign and Unary, which own theirs.
};

struct Call : ExprOf<ExprKind::Call> {
  std::string name;
  Span name_span;
  std::vector<Expr*> args;                     // a `typeof(...)` argument is a TypeOf
  const Builtin* builtin = nullptr;            // set by resolve_names, as are the next two: one of the three
  Function* function = nullptr;                // of the script
  const ExternalFunction* external = nullptr;  // of an imported BPF object
  // Set by build_plan: index into Plan::events of what an asynchronous call sends.
  std::optional<uint32_t> event;
};

enum class UnaryOp : uint8_t {
  Negate,
  Not,
  BitNot,
  Deref,
  AddressOf,
  PreIncrement,
  PreDecrement,
  PostIncrement,
  PostDecrement,
};

struct Unary : ExprOf<ExprKind::Unary> {
  UnaryOp op = UnaryOp::Negate;
  Expr* operand = nullptr;
  std::optional<uint32_t> map_full_counter;  // ++ and -- on a map; set by build_plan
};

enum class BinaryOp : uint8_t {
  Or,
  And,
  BitOr,
  BitXor,
  BitAnd,
  Equal,
  NotEqual,
  Less,
  Greater,
  LessEqual,
  GreaterEqual,
  ShiftLeft,
  ShiftRight,
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
};
const char* spelling(BinaryOp op);  // "<<"
int precedence(BinaryOp op);        // larger binds tighter; || is 2, * is 11

struct Binary : ExprOf<ExprKind::Binary> {
  BinaryOp op = BinaryOp::Add;
  Span op_span;
  Expr* left = nullptr;
  Expr* right = nullptr;
  std::optional<uint32_t> divide_counter;  // / and %: DivideByZero; set by build_plan
};

struct Ternary : ExprOf<ExprKind::Ternary> {
  Expr* condition = nullptr;
  Expr* then_value = nullptr;  // null: `a ?: b`
  Expr* else_value = nullptr;
};

struct FieldAccess : ExprOf<ExprKind::FieldAccess> {
  Expr* object = nullptr;
  std::string field;
  Span field_span;
  bool arrow = false;  // written `->`
  // Set by resolve_types. Where the value stands: relative to the struct that `object` points
  // to or is (anonymous members already walked through). For `args.x`: see `argument`.
  Field where;
  // `args.x`: index into ProbeContext::arguments (Program::context), else none.
  std::optional<uint32_t> argument;
  // Of a structure that the kernel defines: the field may stand elsewhere in another kernel.
  bool in_kernel_type = false;
  bool by_typedef = false;  // the structure has no tag, its type's name is that of a typedef
};

struct TupleAccess : ExprOf<ExprKind::TupleAccess> {
  Expr* object = nullptr;
  uint32_t index = 0;
};

struct Index : ExprOf<ExprKind::Index> {
  Expr* object = nullptr;
  Expr* index = nullptr;
  std::optional<uint32_t> bounds_counter;
};

// Written by the user, or inserted by resolve_types (`implicit`) so that codegen never
// converts on its own: after the passes both operands of arithmetic have the result type,
// comparisons have operands of one type, stored values have the type of their place.
struct Cast : ExprOf<ExprKind::Cast> {
  TypeSpec* target = nullptr;  // null when implicit
  Expr* operand = nullptr;
  bool implicit = false;
};

struct TupleExpr : ExprOf<ExprKind::TupleExpr> {
  std::vector<Expr*> elements;
  bool implicit = false;  // several keys of a map, written without parentheses
};

struct RecordExpr : ExprOf<ExprKind::RecordExpr> {
  std::vector<std::pair<std::string, Expr*>> elements;
};

// `if`: statement and expression alike. A statement is an ExprStatement that holds it.
struct IfExpr : ExprOf<ExprKind::IfExpr> {
  Expr* condition = nullptr;
  Block* then_block = nullptr;
  Block* else_block = nullptr;  // null: none. `else if` is a block whose value is an IfExpr,
  bool else_if = false;         // with this flag for the formatter
  bool comptime = false;        // `if comptime c`
};

struct BlockExpr : ExprOf<ExprKind::BlockExpr> {
  Block* block = nullptr;
};

struct SizeOf : ExprOf<ExprKind::SizeOf> {
  TypeOrExpr of;
};

struct OffsetOf : ExprOf<ExprKind::OffsetOf> {
  TypeOrExpr of;
  std::vector<std::string> fields;
};

struct TypeInfo : ExprOf<ExprKind::TypeInfo> {
  TypeOrExpr of;
};

struct TypeOf : ExprOf<ExprKind::TypeOf> {
  TypeOrExpr of;
};

struct Comptime : ExprOf<ExprKind::Comptime> {
  Expr* operand = nullptr;
};

// ---------------------------------------------------------------- statements

struct Block : Node {
  std::vector<Statement*> statements;
  Expr* value = nullptr;  // last expression without `;`
  // A branch of `if comptime`: what early passes have to say of it, kept until it is known that it is
  // compiled (deferred.h).
  std::vector<std::shared_ptr<const std::vector<Diagnostic>>> deferred;
};

struct Let : StatementOf<StatementKind::Let> {
  Variable* variable = nullptr;
  TypeSpec* declared = nullptr;
  Expr* value = nullptr;
};

struct Assign : StatementOf<StatementKind::Assign> {
  Expr* target = nullptr;      // Variable or MapRef
  std::optional<BinaryOp> op;  // compound assignment
  Expr* value = nullptr;
  std::optional<uint32_t> map_full_counter;  // set by build_plan
  std::optional<uint32_t> divide_counter;    // /= and %=; set by build_plan
};

struct Discard : StatementOf<StatementKind::Discard> {  // `_ = e;`
  Expr* value = nullptr;
};

struct For : StatementOf<StatementKind::For> {
  Variable* variable = nullptr;
  MapRef* map = nullptr;  // over a map: this, without key
  Expr* begin = nullptr;  // over a range: both
  Expr* end = nullptr;
  Block* body = nullptr;
  std::optional<uint32_t> cut_counter;  // over a range: RangeCut; set by build_plan
};

struct While : StatementOf<StatementKind::While> {
  Expr* condition = nullptr;
  Block* body = nullptr;
};

struct Unroll : StatementOf<StatementKind::Unroll> {
  Expr* count = nullptr;
  Block* body = nullptr;
};

struct Jump : StatementOf<StatementKind::Jump> {
  bool is_break = true;  // else continue
};

struct Return : StatementOf<StatementKind::Return> {
  Expr* value = nullptr;
};

struct ExprStatement : StatementOf<StatementKind::ExprStatement> {
  Expr* expr = nullptr;
};

struct Import;

// `import "x.h";` in a block. resolve_imports takes it out of the tree.
struct ImportStatement : StatementOf<StatementKind::ImportStatement> {
  Import* import = nullptr;
};

// ---------------------------------------------------------------- top level

// One attach point as written. `parts` are split at unquoted `:`, quotes and escapes taken
// off; `quoted[i]` tells whether part i had quotes (its `*` and `$` are then ordinary).
// An inherited provider is filled in by probes::parse, not here.
struct AttachPoint : Node {
  std::string name;  // `mine=kprobe:f`; empty when none
  std::string text;  // raw text without the name
  std::vector<std::string> parts;
  std::vector<bool> quoted;
  std::vector<Span> part_spans;
};

// A variable of one clause, by scope; two of one name in different scopes differ.
struct Local {
  std::string name;
  Span declared_at;
  Type type;  // set by resolve_types
  bool has_declared_type = false;
};

struct Clause : Node {
  std::vector<AttachPoint*> attach_points;
  Expr* filter = nullptr;
  Block* body = nullptr;
  bool angle = false;         // `< >` form
  std::vector<Local> locals;  // set by resolve_variables
  // The function whose code this is; null: the action of a probe.
  Function* function = nullptr;
};

struct MacroParam {
  enum class Sigil : uint8_t { Variable, Map, Expression };
  Sigil sigil = Sigil::Expression;
  std::string name;
  Span span;
};

struct Macro : Node {
  std::string name;
  Span name_span;
  std::vector<MacroParam> params;
  Block* body = nullptr;
};

struct Function : Node {
  struct Param {
    Variable* variable = nullptr;
    TypeSpec* type = nullptr;
  };
  std::string name;
  Span name_span;
  std::vector<Param> params;
  TypeSpec* result = nullptr;
  Block* body = nullptr;
  // The body as a clause without attach points, so that a pass treats it as it treats clauses. Its
  // first locals are the parameters.
  Clause* code = nullptr;
  Type result_type;  // set by resolve_types
  // Set by resolve_functions.
  std::vector<Function*> callees;  // that the body names
  bool exits = false;              // an `exit()` stands in it or in one that it calls
  uint32_t nesting = 0;            // most bodies of `for` and functions that are active inside it
};

struct MapDecl : Node {
  std::string name;      // with `@`
  std::string map_kind;  // hash, lruhash, percpuhash, percpulruhash
  Span kind_span;
  uint64_t entries = 0;
};

// One piece of the C preamble, as text: a preprocessor line or a definition.
struct CItem : Node {
  std::string text;
};

struct Setting : Node {
  std::string name;
  std::string value;  // string contents, digits, `true`, `false` or identifier
  bool quoted = false;
  Span value_span;
};

struct ConfigBlock : Node {
  std::vector<Setting*> settings;
};

struct Import : Node {
  std::string path;
  Span path_span;
  std::string spelling;  // as written, with quotes
};

// An imported BPF program, to be linked: C source (`.bpf.c`) or an object (`.bpf.o`).
struct ImportedObject {
  Span span;         // of the path in its import
  std::string path;  // absolute
  bool is_source = false;
  std::string object;  // path of the object, or of what the source was compiled to, before the passes run
};

// A function of an imported BPF object, as its BTF describes it.
struct ExternalFunction {
  std::string name;
  bool is_static = false;  // cannot be called from outside of its object
  Type result;
  std::vector<Field> params;
  uint32_t object = 0;  // index into Script::objects
  // What describes it there.
  std::shared_ptr<const BtfFile> btf;
  uint32_t btf_id = 0;
};

struct Comment {
  Span span;              // with its delimiters, without the newline
  bool own_line = false;  // nothing but blanks before it on its line
};

struct Script {
  uint32_t source = 0;
  std::string shebang;  // without newline; empty when none
  std::vector<CItem*> c_items;
  ConfigBlock* config = nullptr;
  std::vector<Import*> imports;
  std::vector<ImportedObject> objects;  // set by resolve_imports
  std::vector<Node*> items;             // Clause, Macro, Function, MapDecl in order (dynamic_cast)
  std::vector<Clause*> clauses;         // those of `items`
  std::vector<Macro*> macros;
  std::vector<Function*> functions;
  std::vector<ExternalFunction> externals;  // of `objects`, before the passes run
  std::vector<MapDecl*> map_decls;
  std::vector<Comment> comments;  // in order of place
};

// Owns the nodes of one script and its parts.
class Ast {
 public:
  Script script;

  template <typename T>
  T* make(Span span) {
    auto node = std::make_unique<T>();
    T* raw = node.get();
    raw->span = span;
    nodes_.push_back(std::move(node));
    return raw;
  }
  // A node like `original`, with the same children.
  template <typename T>
  T* copy(const T& original) {
    auto node = std::make_unique<T>(original);
    T* raw = node.get();
    nodes_.push_back(std::move(node));
    return raw;
  }
  TypeSpec* make_type(Span span) {
    types_.push_back(std::make_unique<TypeSpec>());
    types_.back()->span = span;
    return types_.back().get();
  }
  // Takes over the nodes of another tree; its script is left to the caller.
  void own_nodes_of(Ast&& other) {
    for (auto& node : other.nodes_) nodes_.push_back(std::move(node));
    for (auto& type : other.types_) types_.push_back(std::move(type));
    other.nodes_.clear();
    other.types_.clear();
  }

 private:
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<TypeSpec>> types_;
};

}  // namespace tracer::ast

// Random programs of differential testing as trees: made by generate.cpp, written as script text by
// write.cpp, and evaluated by evaluate.cpp without any code of the compiler. All three follow the rules of
// LANGUAGE 4.2 to 5.8 on their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tracer::differential {

struct Ty {
  enum class Kind : uint8_t { Int, Bool, Text, Tuple, Record };
  Kind kind = Kind::Int;
  uint32_t bits = 64;  // Int
  bool sign = true;    // Int
  std::vector<Ty> elements = {};

  bool is(Kind k) const { return kind == k; }
};

inline Ty integer(uint32_t bits, bool sign) { return {Ty::Kind::Int, bits, sign, {}}; }
inline Ty boolean() { return {Ty::Kind::Bool, 8, false, {}}; }
inline Ty text() { return {Ty::Kind::Text, 0, false, {}}; }
inline Ty tuple(std::vector<Ty> elements, bool named = false) {
  return {named ? Ty::Kind::Record : Ty::Kind::Tuple, 0, false, std::move(elements)};
}

// A number is kept extended to 64 bits by its type's sign.
struct Value {
  uint64_t number = 0;
  std::string bytes;
  std::vector<Value> elements;
};

// Keys in the order in which maps print them.
bool key_before(const Value& a, const Value& b);
bool same_value(const Value& a, const Value& b);

enum class Op : uint8_t {
  Literal,
  True,
  False,
  TextLiteral,
  Variable,
  MapValue,
  AggregateValue,
  Negate,
  Complement,
  Not,
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  And,
  Or,
  Xor,
  ShiftLeft,
  ShiftRight,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Both,
  Either,
  Cast,
  Choose,
  Elvis,
  IfElse,
  StringLength,
  ByteAt,
  Contains,
  Find,
  DiffersBefore,
  Concat,
  Element,
  MakeTuple,
  HasKey,
  MapLength,
  Delete,
  PreIncrement,
  PreDecrement,
  PostIncrement,
  PostDecrement,
  MacroCall,
  FunctionCall,
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct Expr {
  Op op = Op::Literal;
  Ty type = {};
  bool constant = false;  // folded by the compiler
  bool literal = false;   // a plain literal, or folded from such: non-negative ones are flexible in sign
  Value value = {};       // of literals
  uint32_t index = 0;     // variable, map, element, macro or function
  std::vector<ExprPtr> arguments = {};
  ExprPtr expansion = {};  // MacroCall
};

// Typing (LANGUAGE 4.2).
Ty promoted(const Expr& a, const Expr& b);
Ty arithmetic_type(Op op, const Expr& a, const Expr& b);
Ty literal_type(int64_t value);
uint64_t convert(uint64_t number, const Ty& type);
bool flexible(const Expr& e);
std::string type_name(const Ty& type);

struct Variable {
  Ty type = {};
  bool declared = false;    // `let $x: T`: takes any value and cuts it
  std::vector<Ty> sources;  // undeclared: the types of what is assigned; `type` is their promotion
};

enum class Aggregate : uint8_t { None, Count, Sum, Min, Max, Avg, Stats, Hist, LinearHist };

struct Map {
  std::string name = {};  // without the sign
  Aggregate aggregate = Aggregate::None;
  bool keyed = false;
  Ty key = {}, value = {};  // value: of an aggregation, the type of the argument
  uint32_t hist_bits = 0;
  int64_t low = 0, high = 0, step = 1;
};

struct Statement;
using Block = std::vector<Statement>;

struct Statement {
  enum class Kind : uint8_t {
    Declare,
    Assign,
    Compound,
    Evaluate,
    StoreMap,
    CompoundMap,
    IncrementMap,
    Aggregate,
    Delete,
    If,
    Range,
    Unroll,
    While,
    ForMap,
    Break,
    Continue,
    Return,
    Print,
    Printf,
  };
  Kind kind = Kind::Print;
  uint32_t target = 0;  // variable or map
  Op op = Op::Add;      // Compound, CompoundMap, IncrementMap (PostIncrement ...), ForMap (what is summed)
  std::vector<ExprPtr> keys = {};
  std::vector<ExprPtr> arguments = {};
  std::string format = {};
  uint32_t count = 0;  // Unroll, ForMap: the map
  Block body = {}, otherwise = {};
};

struct Macro {
  uint32_t parameters = 0;
  std::string body;  // as text, with `a0`, `a1`
};

struct Function {
  std::vector<Ty> parameters;  // the first variables
  Ty result;
  std::vector<Variable> variables;
  Block body;
};

// What one clause does, with the maps that only it uses.
struct Program {
  std::string suffix;  // of its maps, macros and functions: several programs share a script
  std::vector<Variable> variables;
  std::vector<Map> maps;
  std::vector<Macro> macros;
  std::vector<Function> functions;
  Block inputs;  // run first in a clause of its own: what the rest computes with is then unknown to the
                 // compiler
  Block body;
};

// generate.cpp. The same program for the same seed, on every machine. `features`: letters of kFeatures.
Program generate(uint64_t seed, const std::string& suffix, const std::string& features);

// write.cpp.
std::string script_of(const Program& program);

// evaluate.cpp: what the program writes while it runs, and the maps that are printed when it has ended.
struct MapText {
  std::string name, text;
};
struct Expected {
  std::string output;
  std::vector<MapText> maps;
};
Expected evaluate(const Program& program);

}  // namespace tracer::differential

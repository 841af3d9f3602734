#include "expressions.h"

#include <algorithm>

namespace tracer::differential {

namespace {

constexpr Op kArithmetic[] = {Op::Add, Op::Add, Op::Subtract, Op::Multiply,  Op::Divide,    Op::Modulo,
                              Op::And, Op::Or,  Op::Xor,      Op::ShiftLeft, Op::ShiftRight};
// Without the risk of an error when two literals are folded.
constexpr Op kFoldable[] = {Op::Add, Op::Subtract, Op::Multiply, Op::And, Op::Or, Op::Xor};
constexpr Op kComparisons[] = {Op::Equal,     Op::NotEqual, Op::Less,
                               Op::LessEqual, Op::Greater,  Op::GreaterEqual};

bool is_integer(const Ty& type) { return type.is(Ty::Kind::Int); }
bool is_boolean(const Ty& type) { return type.is(Ty::Kind::Bool); }
bool is_text(const Ty& type) { return type.is(Ty::Kind::Text); }

bool same_type(const Ty& a, const Ty& b) {
  if (a.kind != b.kind) return false;
  if (is_integer(a)) return a.bits == b.bits && a.sign == b.sign;
  return std::equal(a.elements.begin(), a.elements.end(), b.elements.begin(), b.elements.end(), same_type);
}

int64_t folded(Op op, int64_t a, int64_t b) {
  switch (op) {
    case Op::Add:
      return a + b;
    case Op::Subtract:
      return a - b;
    case Op::Multiply:
      return a * b;
    case Op::And:
      return a & b;
    case Op::Or:
      return a | b;
    default:
      return a ^ b;
  }
}

const char* foldable_text(Op op) {
  switch (op) {
    case Op::Add:
      return " + ";
    case Op::Subtract:
      return " - ";
    case Op::Multiply:
      return " * ";
    case Op::And:
      return " & ";
    case Op::Or:
      return " | ";
    default:
      return " ^ ";
  }
}

}  // namespace

// ---------------------------------------------------------------- leaves

ExprPtr Expressions::make(Op op, Ty type, std::vector<ExprPtr> arguments, uint32_t index) {
  Expr e{.op = op, .type = std::move(type), .index = index};
  e.arguments = std::move(arguments);
  return std::make_shared<Expr>(std::move(e));
}

ExprPtr Expressions::literal(int64_t value) {
  Expr e{.op = Op::Literal, .type = literal_type(value), .constant = true, .literal = true};
  e.value.number = static_cast<uint64_t>(value);
  return std::make_shared<Expr>(std::move(e));
}

ExprPtr Expressions::text_literal() {
  Expr e{.op = Op::TextLiteral, .type = text(), .constant = true};
  // At least three characters, few of them: some are equal, or begin alike.
  for (uint32_t i = 3 + random_.below(random_.percent(15) ? 40 : 6); i > 0; --i)
    e.value.bytes += static_cast<char>('a' + random_.below(3));
  return std::make_shared<Expr>(std::move(e));
}

ExprPtr Expressions::cast(const Ty& type, ExprPtr of) {
  Expr e{.op = Op::Cast, .type = type, .constant = of->constant};
  e.arguments = {std::move(of)};
  return std::make_shared<Expr>(std::move(e));
}

ExprPtr Expressions::variable(uint32_t index) {
  return make(Op::Variable, (*variables)[index].type, {}, index);
}

Ty Expressions::integer_type() { return integer(random_.of({8u, 16u, 32u, 64u}), random_.percent(60)); }

Ty Expressions::simple_type() {
  uint32_t kind = random_.below(10);
  return kind < 7 ? integer_type() : kind < 9 ? text() : boolean();
}

Ty Expressions::tuple_type() {
  std::vector<Ty> elements;
  for (uint32_t i = 2 + random_.below(2); i > 0; --i)
    elements.push_back(random_.percent(15) ? tuple({integer_type(), simple_type()}) : simple_type());
  return tuple(std::move(elements), features_.records && random_.percent(40));
}

std::vector<uint32_t> Expressions::in_scope(const std::function<bool(const Variable&)>& wanted) const {
  std::vector<uint32_t> found;
  for (uint32_t index : scope)
    if (wanted((*variables)[index])) found.push_back(index);
  return found;
}

std::vector<uint32_t> Expressions::maps(const std::function<bool(const Map&)>& wanted) const {
  std::vector<uint32_t> found;
  if (in_function) return found;
  for (uint32_t i = 0; i < program_.maps.size(); ++i)
    if ((!inputs_only || program_.maps[i].name[0] == 'i') && wanted(program_.maps[i])) found.push_back(i);
  return found;
}

ExprPtr Expressions::known_variable(const std::function<bool(const Variable&)>& wanted) {
  auto found = in_scope(wanted);
  return found.empty() ? nullptr : variable(random_.of(found));
}

// An integer that the compiler cannot know.
ExprPtr Expressions::unknown() {
  if (ExprPtr e = known_variable([](const Variable& v) { return is_integer(v.type); })) return e;
  auto found =
      maps([](const Map& m) { return !m.keyed && m.aggregate == Aggregate::None && is_integer(m.value); });
  uint32_t map = random_.of(found);
  return make(Op::MapValue, program_.maps[map].value, {}, map);
}

std::vector<ExprPtr> Expressions::keys_of(const Map& map, int depth) {
  if (!map.keyed) return {};
  if (!map.key.is(Ty::Kind::Tuple)) return {exactly(map.key, depth)};
  std::vector<ExprPtr> keys;
  for (const Ty& each : map.key.elements) keys.push_back(exactly(each, depth));
  return keys;
}

ExprPtr Expressions::map_read(uint32_t map, int depth) {
  return make(Op::MapValue, program_.maps[map].value, keys_of(program_.maps[map], depth), map);
}

ExprPtr Expressions::element(bool (*wanted)(const Ty&)) {
  ExprPtr from = known_variable(
      [&](const Variable& v) { return std::any_of(v.type.elements.begin(), v.type.elements.end(), wanted); });
  if (!from) return nullptr;
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < from->type.elements.size(); ++i)
    if (wanted(from->type.elements[i])) places.push_back(i);
  uint32_t place = random_.of(places);
  Ty type = from->type.elements[place];
  return make(Op::Element, std::move(type), {std::move(from)}, place);
}

// ---------------------------------------------------------------- integers

ExprPtr Expressions::any_integer(int depth) {
  if (depth <= 0) {
    if (random_.percent(35))
      return literal(random_.of<int64_t>(
          {0,    1,     2,     3,     5,  7,  10, 63,   100,   127,        128,           200,         255,
           1000, 32768, 65535, 70000, -1, -2, -7, -128, -1000, 2147483647, -2147483648LL, 4294967296LL}));
    if (!loop_scope.empty() && random_.percent(40))
      return cast(integer(64, true), variable(random_.of(loop_scope)));
    if (ExprPtr e = random_.percent(15) ? element(is_integer) : nullptr) return e;
    auto found =
        maps([](const Map& m) { return !m.keyed && m.aggregate == Aggregate::None && is_integer(m.value); });
    if (!found.empty() && random_.percent(30)) return map_read(random_.of(found), 0);
    return unknown();
  }
  switch (random_.below(14)) {
    case 0:
      return any_integer(0);
    case 1: {
      ExprPtr of = any_integer(depth - 1);
      if (of->constant) of = unknown();
      Ty type = integer(64, of->type.sign);
      return make(random_.percent(50) ? Op::Negate : Op::Complement, std::move(type), {std::move(of)});
    }
    case 2:
    case 3:
      return cast(integer_type(), random_.percent(85) ? any_integer(depth - 1) : any_boolean(depth - 1));
    case 4:
      return choice(depth);
    case 5:
      return of_text(depth);
    case 6:
      if (ExprPtr e = of_map(depth)) return e;
      return arithmetic(depth);
    case 7:
      if (ExprPtr e = call(depth)) return e;
      return arithmetic(depth);
    default:
      return arithmetic(depth);
  }
}

ExprPtr Expressions::arithmetic(int depth) {
  ExprPtr a = any_integer(depth - 1), b = any_integer(depth - 1);
  Op op = kArithmetic[random_.below(std::size(kArithmetic))];
  constexpr uint64_t kSmall = 1 << 20;
  if (a->literal && b->literal && a->value.number + kSmall < 2 * kSmall &&
      b->value.number + kSmall < 2 * kSmall) {
    op = kFoldable[random_.below(std::size(kFoldable))];
    int64_t value = folded(op, static_cast<int64_t>(a->value.number), static_cast<int64_t>(b->value.number));
    Expr e{.op = op, .type = literal_type(value), .constant = true, .literal = true};
    e.value.number = static_cast<uint64_t>(value);
    e.arguments = {std::move(a), std::move(b)};
    return std::make_shared<Expr>(std::move(e));
  }
  if (a->constant && b->constant) a = unknown();
  bool shift = op == Op::ShiftLeft || op == Op::ShiftRight;
  if ((shift || op == Op::Divide || op == Op::Modulo) && b->constant)
    b = literal(1 + random_.below(shift ? 63 : 1000));  // a constant 0 or 64 is an error
  Ty type = arithmetic_type(op, *a, *b);
  return make(op, std::move(type), {std::move(a), std::move(b)});
}

ExprPtr Expressions::of_text(int depth) {
  if (in_function || !features_.strings) return unknown();
  ExprPtr a = any_text(depth - 1), b = any_text(0);
  switch (random_.below(4)) {
    case 0:
      return make(Op::StringLength, integer(64, false), {std::move(a)});
    case 1:
      return make(Op::Find, integer(64, true), {std::move(a), std::move(b)});
    case 2:
      return make(Op::DiffersBefore, integer(64, false), {std::move(a), std::move(b)}, 1 + random_.below(3));
    default:
      if (a->op != Op::Variable) return make(Op::StringLength, integer(64, false), {a});
      return make(Op::ByteAt, integer(8, true), {std::move(a)}, random_.below(3));
  }
}

ExprPtr Expressions::of_map(int depth) {
  auto plain =
      maps([](const Map& m) { return m.keyed && m.aggregate == Aggregate::None && is_integer(m.value); });
  auto numbers =
      maps([](const Map& m) { return m.aggregate >= Aggregate::Count && m.aggregate <= Aggregate::Avg; });
  auto keyed = maps([](const Map& m) { return m.keyed && m.aggregate < Aggregate::Hist; });
  uint32_t way = random_.below(4);
  if (way < 2 && !plain.empty()) return map_read(random_.of(plain), depth - 1);
  if (way == 2 && !numbers.empty()) {
    uint32_t map = random_.of(numbers);
    return make(Op::AggregateValue, integer(64, true), keys_of(program_.maps[map], depth - 1), map);
  }
  if (way == 3 && !keyed.empty()) return make(Op::MapLength, integer(64, true), {}, random_.of(keyed));
  return nullptr;
}

ExprPtr Expressions::choice(int depth) {
  Op op = random_.of({Op::Choose, Op::Choose, Op::IfElse, Op::Elvis});
  ExprPtr a = any_integer(depth - 1), b = any_integer(depth - 1);
  if (a->constant && (b->constant || op == Op::Elvis)) a = unknown();
  Ty type = promoted(*a, *b);
  if (op == Op::Elvis) return make(op, std::move(type), {std::move(a), std::move(b)});
  return make(op, std::move(type), {any_boolean(depth - 1), std::move(a), std::move(b)});
}

// ---------------------------------------------------------------- booleans and strings

ExprPtr Expressions::comparison(int depth) {
  ExprPtr a = any_integer(depth - 1), b = any_integer(depth - 1);
  if (a->constant && b->constant) a = unknown();
  return make(kComparisons[random_.below(std::size(kComparisons))], boolean(), {std::move(a), std::move(b)});
}

ExprPtr Expressions::any_boolean(int depth) {
  if (depth > 0) {
    switch (random_.below(10)) {
      case 0:
      case 1:
        return make(random_.percent(50) ? Op::Both : Op::Either, boolean(),
                    {any_boolean(depth - 1), any_boolean(depth - 1)});
      case 2:
        return make(Op::Not, boolean(), {any_boolean(depth - 1)});
      case 3:
        if (in_function) break;
        return make(random_.percent(60) ? Op::Equal : Op::NotEqual, boolean(), {any_text(0), any_text(1)});
      case 4:
        if (in_function || !features_.strings) break;
        return make(Op::Contains, boolean(), {any_text(0), any_text(0)});
      case 5: {
        auto keyed = maps([](const Map& m) { return m.keyed && m.aggregate < Aggregate::Hist; });
        if (keyed.empty()) break;
        uint32_t map = random_.of(keyed);
        return make(Op::HasKey, boolean(), keys_of(program_.maps[map], depth - 1), map);
      }
      case 6: {
        ExprPtr a = known_variable([](const Variable& v) { return !v.type.elements.empty(); });
        if (!a) break;
        ExprPtr b = exactly(a->type, depth - 1);
        return make(random_.percent(60) ? Op::Equal : Op::NotEqual, boolean(), {std::move(a), std::move(b)});
      }
      case 7: {
        ExprPtr of = any_integer(depth - 1);
        return cast(boolean(), of->constant ? unknown() : of);
      }
      default:
        break;
    }
  } else if (ExprPtr e = random_.percent(40)
                             ? known_variable([](const Variable& v) { return is_boolean(v.type); })
                             : nullptr) {
    return e;
  }
  return comparison(std::max(depth, 1));
}

ExprPtr Expressions::any_text(int depth) {
  if (depth > 0 && random_.percent(25))
    return make(Op::Choose, text(), {any_boolean(depth - 1), any_text(depth - 1), any_text(depth - 1)});
  if (random_.percent(45))
    if (ExprPtr e = known_variable([](const Variable& v) { return is_text(v.type); })) return e;
  if (random_.percent(20))
    if (ExprPtr e = element(is_text)) return e;
  auto found = maps([](const Map& m) { return m.aggregate == Aggregate::None && is_text(m.value); });
  if (!found.empty() && random_.percent(50)) return map_read(random_.of(found), 0);
  return text_literal();
}

// ---------------------------------------------------------------- by type

ExprPtr Expressions::exactly(const Ty& type, int depth) {
  switch (type.kind) {
    case Ty::Kind::Bool:
      return any_boolean(depth);
    case Ty::Kind::Text:
      return any_text(depth);
    case Ty::Kind::Int: {
      ExprPtr of = any_integer(depth);
      return same_type(of->type, type) && !of->constant ? of : cast(type, std::move(of));
    }
    case Ty::Kind::Tuple:
    case Ty::Kind::Record:
      break;
  }
  if (random_.percent(30))
    if (ExprPtr e = known_variable([&](const Variable& v) { return same_type(v.type, type); })) return e;
  std::vector<ExprPtr> elements;
  for (const Ty& each : type.elements) elements.push_back(exactly(each, depth - 1));
  return make(Op::MakeTuple, type, std::move(elements));
}

ExprPtr Expressions::for_declared(const Ty& type, int depth) {
  if (!is_integer(type)) return exactly(type, depth);
  ExprPtr e = any_integer(depth);
  return e->constant ? cast(type, std::move(e)) : e;
}

// ---------------------------------------------------------------- macros and functions

// A tree over parameters, which stand as variables of those numbers until a call puts arguments in their
// place.
ExprPtr Expressions::template_tree(int depth, uint32_t parameters, std::string& text) {
  if (depth == 0) {
    if (random_.percent(30)) {
      int64_t value = 1 + random_.below(100);
      text += std::to_string(value);
      return literal(value);
    }
    uint32_t index = random_.below(parameters);
    text += "a" + std::to_string(index);
    return make(Op::Variable, integer(64, true), {}, index);
  }
  Op op = kFoldable[random_.below(std::size(kFoldable))];
  text += "(";
  ExprPtr a = template_tree(depth - 1, parameters, text);
  text += foldable_text(op);
  ExprPtr b;
  if (a->constant) {  // no literal meets another: nothing is folded
    text += "a0";
    b = make(Op::Variable, integer(64, true), {}, 0);
  } else {
    b = template_tree(depth - 1, parameters, text);
  }
  text += ")";
  return make(op, integer(64, true), {std::move(a), std::move(b)});
}

ExprPtr Expressions::substituted(const Expr& tree, const std::vector<ExprPtr>& arguments) {
  if (tree.op == Op::Variable) return arguments[tree.index];
  if (tree.op == Op::Literal) return std::make_shared<Expr>(tree);
  Expr e{.op = tree.op};
  for (const ExprPtr& each : tree.arguments) e.arguments.push_back(substituted(*each, arguments));
  e.type = arithmetic_type(e.op, *e.arguments[0], *e.arguments[1]);
  return std::make_shared<Expr>(std::move(e));
}

void Expressions::add_macro() {
  Macro macro{1 + random_.below(3), ""};
  macro_trees_.push_back(template_tree(1 + static_cast<int>(random_.below(2)), macro.parameters, macro.body));
  program_.macros.push_back(std::move(macro));
}

ExprPtr Expressions::call(int depth) {
  if (in_function) return nullptr;
  bool macro = !program_.macros.empty() && (program_.functions.empty() || random_.percent(50));
  std::vector<ExprPtr> arguments;
  if (macro) {
    uint32_t index = random_.below(program_.macros.size());
    for (uint32_t i = 0; i < program_.macros[index].parameters; ++i) {
      ExprPtr e = any_integer(depth - 1);
      arguments.push_back(e->constant ? unknown() : e);
    }
    ExprPtr expansion = substituted(*macro_trees_[index], arguments);
    Expr e{.op = Op::MacroCall, .type = expansion->type, .index = index};
    e.arguments = std::move(arguments);
    e.expansion = std::move(expansion);
    return std::make_shared<Expr>(std::move(e));
  }
  if (program_.functions.empty()) return nullptr;
  uint32_t index = random_.below(program_.functions.size());
  for (const Ty& type : program_.functions[index].parameters) arguments.push_back(exactly(type, depth - 1));
  return make(Op::FunctionCall, program_.functions[index].result, std::move(arguments), index);
}

}  // namespace tracer::differential

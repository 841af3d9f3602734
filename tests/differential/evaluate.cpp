// Computes what a program writes, by the rules of LANGUAGE 4 to 5 and 8: the source of truth that shares no
// code with the compiler.
#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "evaluate_maps.h"
#include "program.h"
#include "values.h"

namespace tracer::differential {

namespace {

enum class Flow : uint8_t { Next, Break, Continue, Return };

class Evaluator {
 public:
  explicit Evaluator(const Program& program) : program_(program), maps_(program.maps) {}

  Expected run() {
    variables_.resize(program_.variables.size());
    block(program_.inputs);
    block(program_.body);
    Expected expected{output_, {}};
    for (size_t i = 0; i < program_.maps.size(); ++i)
      if (std::string text = maps_.text(i, program_.suffix); !text.empty())
        expected.maps.push_back({"@" + program_.maps[i].name + program_.suffix, text});
    return expected;
  }

 private:
  static int64_t as_signed(uint64_t number) { return static_cast<int64_t>(number); }
  static Value number(uint64_t n) { return {n, {}, {}}; }

  // ---------------------------------------------------------------- expressions

  Value eval(const Expr& e) {
    switch (e.op) {
      case Op::Literal:
      case Op::TextLiteral:
        return e.value;
      case Op::True:
        return number(1);
      case Op::False:
        return number(0);
      case Op::Variable:
        return variables_[e.index];
      case Op::MapValue:
        return maps_.read(e.index, keys(e.arguments), e.type);
      case Op::AggregateValue:
        return number(maps_.aggregate_value(e.index, keys(e.arguments)));
      case Op::HasKey:
        return number(maps_.has(e.index, keys(e.arguments)));
      case Op::MapLength:
        return number(maps_.size(e.index));
      case Op::Delete:
        return number(maps_.erase(e.index, keys(e.arguments)));
      case Op::Both:
        return number(truth(e.arguments[0]) && truth(e.arguments[1]));
      case Op::Either:
        return number(truth(e.arguments[0]) || truth(e.arguments[1]));
      case Op::Choose:
      case Op::IfElse:
        return converted(*e.arguments[truth(e.arguments[0]) ? 1 : 2], e.type);
      case Op::Elvis:
        return converted(*e.arguments[truth(e.arguments[0]) ? 0 : 1], e.type);
      case Op::Cast:
        return number(convert(eval(*e.arguments[0]).number, e.type));
      case Op::Element:
        return eval(*e.arguments[0]).elements[e.index];
      case Op::MakeTuple:
        return made_tuple(e);
      case Op::PreIncrement:
      case Op::PreDecrement:
      case Op::PostIncrement:
      case Op::PostDecrement:
        return step(e);
      case Op::MacroCall:
        return eval(*e.expansion);
      case Op::FunctionCall:
        return call(e);
      case Op::Not:
        return number(!truth(e.arguments[0]));
      case Op::Negate:
        return number(0 - eval(*e.arguments[0]).number);
      case Op::Complement:
        return number(~eval(*e.arguments[0]).number);
      case Op::StringLength:
      case Op::ByteAt:
      case Op::Contains:
      case Op::Find:
      case Op::DiffersBefore:
      case Op::Concat:
        return of_strings(e);
      case Op::Equal:
      case Op::NotEqual:
      case Op::Less:
      case Op::LessEqual:
      case Op::Greater:
      case Op::GreaterEqual:
        return compare(e);
      default:
        return arithmetic(e);
    }
  }

  bool truth(const ExprPtr& e) { return eval(*e).number != 0; }

  Value converted(const Expr& e, const Ty& type) {
    Value value = eval(e);
    if (type.is(Ty::Kind::Int) || type.is(Ty::Kind::Bool)) value.number = convert(value.number, type);
    return value;
  }

  Value made_tuple(const Expr& e) {
    Value value;
    for (const ExprPtr& each : e.arguments) value.elements.push_back(eval(*each));
    return value;
  }

  Value arithmetic(const Expr& e) {
    uint64_t a = eval(*e.arguments[0]).number, b = eval(*e.arguments[1]).number;
    bool sign = e.type.sign;
    // Of literals the folded value has the literal's type, and is computed as signed.
    switch (e.op) {
      case Op::Add:
        return number(a + b);
      case Op::Subtract:
        return number(a - b);
      case Op::Multiply:
        return number(a * b);
      case Op::Divide:
        if (b == 0) return number(1);
        if (!sign) return number(a / b);
        return number(b == ~uint64_t{0} ? 0 - a : static_cast<uint64_t>(as_signed(a) / as_signed(b)));
      case Op::Modulo:
        if (b == 0) return number(1);
        if (!sign) return number(a % b);
        return number(b == ~uint64_t{0} ? 0 : static_cast<uint64_t>(as_signed(a) % as_signed(b)));
      case Op::And:
        return number(a & b);
      case Op::Or:
        return number(a | b);
      case Op::Xor:
        return number(a ^ b);
      case Op::ShiftLeft:
        return number(a << (b & 63));
      default:
        return number(sign ? static_cast<uint64_t>(as_signed(a) >> (b & 63)) : a >> (b & 63));
    }
  }

  Value compare(const Expr& e) {
    Value a = eval(*e.arguments[0]), b = eval(*e.arguments[1]);
    const Ty& type = e.arguments[0]->type;
    bool equal = false, less = false;
    if (type.is(Ty::Kind::Int) || type.is(Ty::Kind::Bool)) {
      Ty common = promoted(*e.arguments[0], *e.arguments[1]);
      uint64_t x = convert(a.number, common), y = convert(b.number, common);
      equal = x == y;
      less = common.sign ? as_signed(x) < as_signed(y) : x < y;
    } else {
      equal = same_value(a, b);
    }
    switch (e.op) {
      case Op::Equal:
        return number(equal);
      case Op::NotEqual:
        return number(!equal);
      case Op::Less:
        return number(less);
      case Op::LessEqual:
        return number(less || equal);
      case Op::Greater:
        return number(!less && !equal);
      default:
        return number(!less);
    }
  }

  Value of_strings(const Expr& e) {
    std::string a = eval(*e.arguments[0]).bytes;
    if (e.op == Op::StringLength) return number(a.size());
    if (e.op == Op::ByteAt)
      return number(e.index < a.size() ? convert(static_cast<uint8_t>(a[e.index]), integer(8, true)) : 0);
    std::string b = eval(*e.arguments[1]).bytes;
    size_t at = a.find(b);
    if (e.op == Op::Contains) return number(at != std::string::npos);
    if (e.op == Op::Find) return number(at == std::string::npos ? ~uint64_t{0} : at);
    if (e.op == Op::DiffersBefore) return number(a.substr(0, e.index) != b.substr(0, e.index));
    return {0, a + b, {}};
  }

  // Of a variable: in its own type.
  Value step(const Expr& e) {
    Value& variable = variables_[e.index];
    uint64_t before = variable.number;
    bool up = e.op == Op::PreIncrement || e.op == Op::PostIncrement;
    variable.number = convert(before + (up ? 1 : ~uint64_t{0}), type_of(e.index));
    bool pre = e.op == Op::PreIncrement || e.op == Op::PreDecrement;
    return number(pre ? variable.number : before);
  }

  Value call(const Expr& e) {
    const Function& function = program_.functions[e.index];
    std::vector<Value> inner(function.variables.size());
    for (size_t i = 0; i < e.arguments.size(); ++i)
      inner[i] = number(convert(eval(*e.arguments[i]).number, function.parameters[i]));
    std::swap(inner, variables_);
    const Function* outer = std::exchange(function_, &function);
    block(function.body);
    function_ = outer;
    std::swap(inner, variables_);
    return number(convert(returned_.number, function.result));
  }

  Value keys(const std::vector<ExprPtr>& list) {
    if (list.empty()) return {};
    if (list.size() == 1) return eval(*list[0]);
    Value value;
    for (const ExprPtr& each : list) value.elements.push_back(eval(*each));
    return value;
  }

  // ---------------------------------------------------------------- statements

  const Ty& type_of(uint32_t variable) const {
    return (function_ ? function_->variables : program_.variables)[variable].type;
  }

  void assign(uint32_t variable, const Expr& e) { variables_[variable] = converted(e, type_of(variable)); }

  Flow block(const Block& statements) {
    for (const Statement& statement : statements)
      if (Flow flow = run_statement(statement); flow != Flow::Next) return flow;
    return Flow::Next;
  }

  Flow run_statement(const Statement& s) {
    switch (s.kind) {
      case Statement::Kind::Declare:
      case Statement::Kind::Assign:
        assign(s.target, *s.arguments[0]);
        return Flow::Next;
      case Statement::Kind::Compound: {
        auto self =
            std::make_shared<Expr>(Expr{.op = Op::Variable, .type = type_of(s.target), .index = s.target});
        assign(s.target, joined(s.op, self, s.arguments[0]));
        return Flow::Next;
      }
      case Statement::Kind::Evaluate:
        eval(*s.arguments[0]);
        return Flow::Next;
      case Statement::Kind::StoreMap:
        maps_.store(s.target, keys(s.keys), converted(*s.arguments[0], program_.maps[s.target].value));
        return Flow::Next;
      case Statement::Kind::CompoundMap:
      case Statement::Kind::IncrementMap:
        change_map(s);
        return Flow::Next;
      case Statement::Kind::Aggregate: {
        Value key = keys(s.keys);
        maps_.aggregate(s.target, key, s.arguments.empty() ? 0 : eval(*s.arguments[0]).number);
        return Flow::Next;
      }
      case Statement::Kind::Delete:
        maps_.erase(s.target, keys(s.keys));
        return Flow::Next;
      case Statement::Kind::If:
        return block(truth(s.arguments[0]) ? s.body : s.otherwise);
      case Statement::Kind::Range:
      case Statement::Kind::Unroll:
      case Statement::Kind::While:
      case Statement::Kind::ForMap:
        return loop(s);
      case Statement::Kind::Break:
        return Flow::Break;
      case Statement::Kind::Continue:
        return Flow::Continue;
      case Statement::Kind::Return:
        if (!s.arguments.empty()) returned_ = eval(*s.arguments[0]);
        return Flow::Return;
      case Statement::Kind::Print:
        output_ += text_of(eval(*s.arguments[0]), s.arguments[0]->type) + "\n";
        return Flow::Next;
      case Statement::Kind::Printf:
        print_formatted(s);
        return Flow::Next;
    }
    return Flow::Next;
  }

  static Expr joined(Op op, ExprPtr a, ExprPtr b) {
    Expr e{.op = op, .type = arithmetic_type(op, *a, *b)};
    e.arguments = {std::move(a), std::move(b)};
    return e;
  }

  void change_map(const Statement& s) {
    const Map& map = program_.maps[s.target];
    Value key = keys(s.keys);
    auto self = std::make_shared<Expr>(
        Expr{.op = Op::Literal, .type = map.value, .value = maps_.read(s.target, key, map.value)});
    Value result;
    if (s.kind == Statement::Kind::IncrementMap) {
      result = number(self->value.number + (s.op == Op::PostIncrement ? 1 : ~uint64_t{0}));
    } else {
      result = eval(joined(s.op, self, s.arguments[0]));
    }
    result.number = convert(result.number, map.value);
    maps_.store(s.target, key, result);
  }

  Flow loop(const Statement& s) {
    auto once = [&] { return block(s.body); };
    if (s.kind == Statement::Kind::Unroll) {
      for (uint32_t i = 0; i < s.count; ++i)
        if (Flow flow = once(); flow != Flow::Next) return flow;
      return Flow::Next;
    }
    if (s.kind == Statement::Kind::ForMap) {
      // Only sums are made of what comes in no order.
      for (const auto& [key, value] : maps_.entries(s.count)) {
        uint64_t part = s.op == Op::Element ? key.number : value.number;
        variables_[s.target].number = convert(variables_[s.target].number + part, type_of(s.target));
      }
      return Flow::Next;
    }
    if (s.kind == Statement::Kind::While) {
      while (truth(s.arguments[0])) {
        Flow flow = once();
        if (flow == Flow::Return) return flow;
        if (flow == Flow::Break) break;
      }
      return Flow::Next;
    }
    auto first = as_signed(eval(*s.arguments[0]).number), end = as_signed(eval(*s.arguments[1]).number);
    for (int64_t i = first; i < end; ++i) {
      variables_[s.target] = number(static_cast<uint64_t>(i));
      Flow flow = once();
      if (flow == Flow::Return) return flow;
      if (flow == Flow::Break) break;
    }
    return Flow::Next;
  }

  void print_formatted(const Statement& s) {
    std::vector<Value> values;
    std::vector<Ty> types;
    for (const ExprPtr& each : s.arguments) {
      values.push_back(eval(*each));
      types.push_back(each->type);
    }
    output_ += formatted(s.format, values, types);
  }

  const Program& program_;
  MapStates maps_;
  std::vector<Value> variables_;
  const Function* function_ = nullptr;
  Value returned_;
  std::string output_;
};

}  // namespace

Expected evaluate(const Program& program) { return Evaluator(program).run(); }

}  // namespace tracer::differential

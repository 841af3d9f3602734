// Random statements: a body that declares variables of all kinds, computes, loops, writes maps and prints.
#include <algorithm>

#include "expressions.h"
#include "program.h"
#include "random.h"

namespace tracer::differential {

namespace {

using Kind = Statement::Kind;

bool is_integer(const Ty& type) { return type.is(Ty::Kind::Int); }

Features features_of(const std::string& letters) {
  auto has = [&](char letter) { return letters.find(letter) != std::string::npos; };
  return {has('m'), has('f'), has('l'), has('r'), has('w'), has('s')};
}

class Generator {
 public:
  Generator(uint64_t seed, Program& program, const std::string& features)
      : random_(seed),
        program_(program),
        features_(features_of(features)),
        make_(random_, program_, features_) {}

  void run() {
    inputs();
    if (features_.macros)
      for (uint32_t i = random_.below(3); i > 0; --i) make_.add_macro();
    if (features_.functions)
      for (uint32_t i = random_.below(3); i > 0; --i) function();
    maps();
    make_.variables = &program_.variables;
    program_.body = body(random_.below(10));
    show_variables(program_.body);
  }

 private:
  // What loops surround a statement.
  struct Place {
    int depth = 0;
    bool in_loop = false;
    bool in_map_loop = false;
  };

  // ---------------------------------------------------------------- maps

  int64_t edge(const Ty& type) {
    auto highest = static_cast<int64_t>(~uint64_t{0} >> (65 - type.bits));
    int64_t value = random_.of<int64_t>({0, 1, -1, 2, 7, 42, 100, -100, 1000, highest, -highest - 1,
                                         highest - 1, static_cast<int64_t>(random_.next())});
    return static_cast<int64_t>(convert(static_cast<uint64_t>(value), type));
  }

  void inputs() {
    for (uint32_t i = 0; i < 6; ++i) {
      Ty type = i < 2 ? integer(i ? 64 : 32, true) : i < 5 ? make_.integer_type() : text();
      program_.maps.push_back({.name = "i" + std::to_string(i), .value = type});
      Statement store{.kind = Kind::StoreMap, .target = i};
      store.arguments = {is_integer(type) ? make_.cast(type, make_.literal(edge(type)))
                                          : make_.text_literal()};
      program_.inputs.push_back(std::move(store));
    }
  }

  Ty key_type() {
    uint32_t kind = random_.below(10);
    if (kind < 5) return make_.integer_type();
    if (kind < 7) return text();
    return tuple({make_.integer_type(), random_.percent(40) ? text() : make_.integer_type()});
  }

  Ty value_type() {
    uint32_t kind = random_.below(10);
    if (kind < 4) return integer(64, random_.percent(70));
    if (kind < 7) return make_.integer_type();
    if (kind < 8) return text();
    return kind < 9 ? make_.tuple_type() : boolean();
  }

  void maps() {
    for (uint32_t i = 3 + random_.below(4); i > 0; --i) {
      Map map{.name = "p" + std::to_string(i), .keyed = random_.percent(70)};
      if (map.keyed) map.key = key_type();
      map.value = value_type();
      program_.maps.push_back(std::move(map));
    }
    for (uint32_t i = 2 + random_.below(3); i > 0; --i) {
      Map map{.name = "a" + std::to_string(i),
              .aggregate = static_cast<Aggregate>(1 + random_.below(8)),
              .keyed = random_.percent(60),
              .key = key_type()};
      map.value = make_.integer_type();
      map.hist_bits = random_.below(4);
      map.low = random_.below(20);
      map.step = random_.of<int64_t>({1, 3, 10, 100, 1024});
      map.high = map.low + map.step * (1 + random_.below(30));
      // A linear histogram takes its argument as signed.
      if (map.aggregate == Aggregate::LinearHist) map.value = integer(64, true);
      program_.maps.push_back(std::move(map));
    }
  }

  // ---------------------------------------------------------------- variables

  uint32_t add(Variable variable) {
    make_.variables->push_back(std::move(variable));
    return static_cast<uint32_t>(make_.variables->size() - 1);
  }

  // One statement or two: an undeclared variable may take its type from two assignments.
  void declare(Block& block) {
    Variable variable{make_.simple_type(), random_.percent(50), {}};
    if (!make_.in_function && random_.percent(20)) variable = {make_.tuple_type(), false, {}};
    if (variable.type.is(Ty::Kind::Text)) variable.declared = false;
    declare(block, std::move(variable));
  }

  void declare(Block& block, Variable variable) {
    if (is_integer(variable.type) && !variable.declared) {
      variable.sources = {variable.type};
      if (random_.percent(40)) {
        variable.sources.push_back(make_.integer_type());
        Expr a{.type = variable.sources[0]}, b{.type = variable.sources[1]};
        variable.type = promoted(a, b);
      }
    } else {
      variable.sources = {variable.type};
    }
    std::vector<Statement> made;
    uint32_t index = static_cast<uint32_t>(make_.variables->size());
    for (const Ty& source : variable.sources) {
      Statement s{.kind = made.empty() ? Kind::Declare : Kind::Assign, .target = index};
      s.arguments = {variable.declared ? make_.for_declared(variable.type, 2) : make_.exactly(source, 2)};
      made.push_back(std::move(s));
    }
    add(std::move(variable));
    make_.scope.push_back(index);
    for (Statement& s : made) block.push_back(std::move(s));
  }

  bool assign(Block& block) {
    auto found = make_.in_scope([](const Variable&) { return true; });
    if (found.empty()) return false;
    Statement s{.kind = Kind::Assign, .target = random_.of(found)};
    const Variable& variable = (*make_.variables)[s.target];
    s.arguments = {variable.declared ? make_.for_declared(variable.type, 3)
                                     : make_.exactly(random_.of(variable.sources), 3)};
    block.push_back(std::move(s));
    return true;
  }

  // Where the result's type changes nothing.
  bool compound(Block& block) {
    auto found = make_.in_scope([](const Variable& v) {
      bool is_wide = v.type.bits == 64 && v.type.sign;
      return is_integer(v.type) && (v.declared || is_wide);
    });
    if (found.empty()) return false;
    Statement s{.kind = Kind::Compound, .target = random_.of(found)};
    if (random_.percent(30)) {
      s.kind = Kind::Evaluate;
      Op op = random_.of({Op::PreIncrement, Op::PreDecrement, Op::PostIncrement, Op::PostDecrement});
      Ty type = (*make_.variables)[s.target].type;
      s.arguments = {std::make_shared<Expr>(Expr{.op = op, .type = type, .index = s.target})};
      // Its value as well, in a variable that takes anything.
      if (random_.percent(50)) {
        s.kind = Kind::Declare;
        s.target = add({integer(64, true), true, {}});
        make_.scope.push_back(s.target);
      }
    } else {
      s.op = random_.of({Op::Add, Op::Subtract, Op::Multiply, Op::And, Op::Or, Op::Xor});
      s.arguments = {make_.any_integer(2)};
    }
    block.push_back(std::move(s));
    return true;
  }

  // ---------------------------------------------------------------- writing maps

  std::vector<uint32_t> own_maps() const {
    std::vector<uint32_t> found;
    for (uint32_t i = 0; i < program_.maps.size(); ++i)
      if (program_.maps[i].name[0] != 'i') found.push_back(i);
    return found;
  }

  // Once for each, so that its type is known; not always reached. Nothing but inputs is read until then: a
  // map of which nothing is known but what is read from maps would be one of numbers.
  void write_first(Block& block, uint32_t index) {
    Block write;
    write_map(write, {}, index);
    // A map that is only ever stepped is one of int64.
    const bool tells_type = write.back().kind == Kind::StoreMap || write.back().kind == Kind::Aggregate ||
                            (write.back().kind == Kind::IncrementMap && program_.maps[index].value.sign);
    if (!tells_type) {
      Statement s{.kind = Kind::StoreMap, .target = index, .keys = write.back().keys};
      s.arguments = {make_.exactly(program_.maps[index].value, 1)};
      write = {std::move(s)};
    }
    if (random_.percent(70)) {
      block.push_back(std::move(write.back()));
      return;
    }
    Statement s{.kind = Kind::If};
    s.arguments = {make_.any_boolean(1)};
    s.body = std::move(write);
    block.push_back(std::move(s));
  }

  bool write_any_map(Block& block, const Place& place) {
    if (make_.in_function) return false;
    write_map(block, place, random_.of(own_maps()));
    return true;
  }

  void write_map(Block& block, const Place& place, uint32_t index) {
    const Map& map = program_.maps[index];
    Statement s{.target = index, .keys = make_.keys_of(map, 1)};
    bool wide = is_integer(map.value) && map.value.bits == 64;
    if (map.aggregate != Aggregate::None) {
      s.kind = Kind::Aggregate;
      if (map.aggregate != Aggregate::Count) s.arguments = {make_.exactly(map.value, 2)};
    } else if (map.keyed && !place.in_map_loop && random_.percent(8)) {
      s.kind = Kind::Delete;
    } else if (wide && random_.percent(50)) {
      change(map, s);
    } else {
      s.kind = Kind::StoreMap;
      s.arguments = {make_.exactly(map.value, 2)};
    }
    block.push_back(std::move(s));
  }

  // Of 64 bits, where neither sign changes by it.
  void change(const Map& map, Statement& s) {
    if (random_.percent(40)) {
      s.kind = Kind::IncrementMap;
      s.op = map.value.sign && random_.percent(40) ? Op::PostDecrement : Op::PostIncrement;
      return;
    }
    s.kind = Kind::CompoundMap;
    s.op = random_.of({Op::Add, Op::Multiply, Op::And, Op::Or, Op::Xor});
    s.arguments = {map.value.sign ? make_.any_integer(2) : make_.exactly(map.value, 2)};
  }

  // ---------------------------------------------------------------- control flow

  Block body(uint32_t more) {
    Block block;
    make_.inputs_only = true;
    declare(block, {integer(64, true), true, {}});
    for (uint32_t i = 0; i < 3; ++i) declare(block);
    for (uint32_t index : own_maps()) write_first(block, index);
    make_.inputs_only = false;
    for (size_t wanted = block.size() + 10 + more; block.size() < wanted;) statement(block, {});
    return block;
  }

  Block nested(uint32_t statements, const Place& place) {
    auto scope = make_.scope, loop_scope = make_.loop_scope;
    Block block;
    while (block.size() < statements) statement(block, place);
    make_.scope = scope;
    make_.loop_scope = loop_scope;
    return block;
  }

  void statement(Block& block, const Place& place) {
    uint32_t kind = random_.below(100);
    if (kind < 18) return declare(block);
    if (kind < 32 && assign(block)) return;
    if (kind < 42 && compound(block)) return;
    if (kind < 62 && write_any_map(block, place)) return;
    if (kind < 74) return show(block);
    if (place.depth >= 3) return show(block);
    if (kind < 86) return branch(block, place);
    if (kind < 94) return loop(block, place);
    if (features_.map_loops && map_loop(block)) return;
    leave(block, place);
  }

  void branch(Block& block, const Place& place) {
    Statement s{.kind = Kind::If};
    s.arguments = {random_.percent(80) ? make_.any_boolean(3)
                                       : make_.cast(boolean(), make_.exactly(make_.integer_type(), 1))};
    Place inner{place.depth + 1, place.in_loop, place.in_map_loop};
    s.body = nested(1 + random_.below(3), inner);
    if (random_.percent(50)) s.otherwise = nested(1 + random_.below(3), inner);
    block.push_back(std::move(s));
  }

  void loop(Block& block, const Place& place) {
    Place inner{place.depth + 1, true, place.in_map_loop};
    uint32_t way = random_.below(10);
    if (way < 3) {
      Statement s{.kind = Kind::Unroll, .count = 1 + random_.below(4)};
      inner.in_loop = false;  // no `break` of an unroll
      s.body = nested(1 + random_.below(2), inner);
      block.push_back(std::move(s));
    } else if (way < 5 && features_.whiles) {
      while_loop(block, inner);
    } else {
      Statement s{.kind = Kind::Range, .target = add({integer(64, true), false, {}})};
      int64_t first = random_.below(4);
      s.arguments = {make_.literal(first), make_.literal(first + random_.below(7))};
      auto loop_scope = make_.loop_scope;
      make_.loop_scope.push_back(s.target);
      s.body = nested(1 + random_.below(3), inner);
      make_.loop_scope = loop_scope;
      block.push_back(std::move(s));
    }
  }

  // The counter is not in scope, so nothing else changes it.
  void while_loop(Block& block, const Place& inner) {
    uint32_t counter = add({integer(64, true), true, {}});
    Statement start{.kind = Kind::Declare, .target = counter};
    start.arguments = {make_.literal(0)};
    block.push_back(std::move(start));
    Statement s{.kind = Kind::While};
    Expr below{.op = Op::Less, .type = boolean()};
    below.arguments = {make_.variable(counter), make_.literal(1 + random_.below(5))};
    s.arguments = {std::make_shared<Expr>(std::move(below))};
    Statement step{.kind = Kind::Evaluate};
    step.arguments = {
        std::make_shared<Expr>(Expr{.op = Op::PostIncrement, .type = integer(64, true), .index = counter})};
    s.body = {std::move(step)};
    for (Statement& each : nested(1 + random_.below(2), inner)) s.body.push_back(std::move(each));
    block.push_back(std::move(s));
  }

  bool map_loop(Block& block) {
    if (make_.in_function) return false;
    auto targets = make_.in_scope([](const Variable& v) {
      return v.declared && is_integer(v.type) && v.type.bits == 64 && v.type.sign;
    });
    auto maps = make_.maps([](const Map& m) {
      bool plain = m.aggregate == Aggregate::None && is_integer(m.value);
      bool number = m.aggregate >= Aggregate::Count && m.aggregate <= Aggregate::Avg;
      return m.keyed && (plain || number);
    });
    if (targets.empty() || maps.empty()) return false;
    Statement s{
        .kind = Kind::ForMap, .target = random_.of(targets), .op = Op::Add, .count = random_.of(maps)};
    if (is_integer(program_.maps[s.count].key) && random_.percent(40)) s.op = Op::Element;
    block.push_back(std::move(s));
    return true;
  }

  void leave(Block& block, const Place& place) {
    Statement inner{.kind = place.in_loop ? random_.of({Kind::Break, Kind::Continue}) : Kind::Return};
    if (make_.in_function && !place.in_loop) return show(block);
    if (inner.kind == Kind::Return && random_.percent(60)) return show(block);
    Statement s{.kind = Kind::If};
    s.arguments = {make_.any_boolean(2)};
    s.body = {std::move(inner)};
    block.push_back(std::move(s));
  }

  // ---------------------------------------------------------------- output

  ExprPtr anything(int depth) {
    uint32_t kind = random_.below(10);
    if (kind < 5) return make_.any_integer(depth);
    if (kind < 6) return make_.any_boolean(depth);
    if (kind < 8) return make_.any_text(depth);
    auto found = make_.in_scope([](const Variable& v) { return !v.type.elements.empty(); });
    return found.empty() ? make_.any_integer(depth) : make_.variable(random_.of(found));
  }

  void show(Block& block) {
    if (make_.in_function) return;
    Statement s{.kind = Kind::Print};
    s.arguments = {anything(3)};
    // Of a map without key print() would show the map, with its name.
    bool whole_map = s.arguments[0]->op == Op::MapValue && s.arguments[0]->arguments.empty();
    if (!whole_map && random_.percent(40)) {
      block.push_back(std::move(s));
      return;
    }
    s.arguments.clear();
    s.kind = Kind::Printf;
    for (uint32_t i = 1 + random_.below(3); i > 0; --i) {
      ExprPtr e = anything(2);
      if (!s.format.empty()) s.format += ' ';
      s.format += conversion(e->type);
      s.arguments.push_back(std::move(e));
    }
    s.format += '\n';
    block.push_back(std::move(s));
  }

  std::string conversion(const Ty& type) {
    std::string width = random_.percent(20) ? std::to_string(1 + random_.below(24)) : "";
    std::string left = !width.empty() && random_.percent(40) ? "-" : "";
    if (!is_integer(type)) return "%" + left + width + "s";
    std::string length = random_.of<const char*>({"", "", "l", "ll", "h", "hh"});
    switch (random_.below(6)) {
      case 0:
        return "%" + width + length + "u";
      case 1:
        return "%" + length + "x";
      case 2:
        return "%#" + length + "x";
      case 3:
        return "%0" + std::to_string(1 + random_.below(20)) + length + "d";
      default:
        return "%" + left + width + length + "d";
    }
  }

  void show_variables(Block& block) {
    std::vector<uint32_t> declared;
    for (const Statement& s : block)
      if (s.kind == Kind::Declare) declared.push_back(s.target);
    for (uint32_t index : declared) {
      Statement s{.kind = Kind::Print};
      s.arguments = {make_.variable(index)};
      block.push_back(std::move(s));
    }
  }

  // ---------------------------------------------------------------- functions

  void function() {
    Function made;
    made.result = integer(64, random_.percent(70));
    for (uint32_t i = 1 + random_.below(3); i > 0; --i) made.parameters.push_back(make_.integer_type());
    for (const Ty& type : made.parameters) made.variables.push_back({type, true, {}});
    make_.variables = &made.variables;
    make_.in_function = true;
    for (uint32_t i = 0; i < made.parameters.size(); ++i) make_.scope.push_back(i);
    auto scope = make_.scope;
    while (made.body.size() < 2 + random_.below(4)) statement(made.body, {1, false, false});
    Statement result{.kind = Kind::Return};
    result.arguments = {make_.exactly(made.result, 2)};
    made.body.push_back(std::move(result));
    make_.scope.clear();
    make_.loop_scope.clear();
    make_.in_function = false;
    make_.variables = &program_.variables;
    program_.functions.push_back(std::move(made));
  }

  Random random_;
  Program& program_;
  const Features features_;
  Expressions make_;
};

}  // namespace

Program generate(uint64_t seed, const std::string& suffix, const std::string& features) {
  Program program;
  program.suffix = suffix;
  Generator(seed, program, features).run();
  return program;
}

}  // namespace tracer::differential

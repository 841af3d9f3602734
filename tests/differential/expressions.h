// Random expressions of a wanted kind, well typed, over what is in scope.
#pragma once

#include <functional>

#include "program.h"
#include "random.h"

namespace tracer::differential {

// What a program may use beyond the core; the order is that of kFeatures in differential.cpp.
struct Features {
  bool macros = false, functions = false, map_loops = false, records = false, whiles = false, strings = false;
};

class Expressions {
 public:
  Expressions(Random& random, Program& program, const Features& features)
      : random_(random), program_(program), features_(features) {}

  // What can be named. Inside functions: no maps, and the function's own variables.
  std::vector<uint32_t> scope;       // variables
  std::vector<uint32_t> loop_scope;  // loop variables: read through a cast, as their type is the range's
  std::vector<Variable>* variables = nullptr;
  bool in_function = false;
  bool inputs_only = false;

  ExprPtr any_integer(int depth);
  ExprPtr any_boolean(int depth);
  ExprPtr any_text(int depth);
  // Exactly of that type, so that it changes no slot that it is stored in.
  ExprPtr exactly(const Ty& type, int depth);
  // For a slot of declared type: constants fit.
  ExprPtr for_declared(const Ty& type, int depth);
  std::vector<ExprPtr> keys_of(const Map& map, int depth);

  Ty integer_type();
  Ty simple_type();
  Ty tuple_type();
  ExprPtr literal(int64_t value);
  ExprPtr text_literal();
  ExprPtr cast(const Ty& type, ExprPtr of);
  ExprPtr variable(uint32_t index);
  std::vector<uint32_t> in_scope(const std::function<bool(const Variable&)>& wanted) const;
  std::vector<uint32_t> maps(const std::function<bool(const Map&)>& wanted) const;
  void add_macro();

 private:
  ExprPtr make(Op op, Ty type, std::vector<ExprPtr> arguments, uint32_t index = 0);
  ExprPtr unknown();
  ExprPtr map_read(uint32_t map, int depth);
  ExprPtr arithmetic(int depth);
  ExprPtr step();
  ExprPtr of_text(int depth);
  ExprPtr of_map(int depth);
  ExprPtr choice(int depth);
  ExprPtr comparison(int depth);
  ExprPtr call(int depth);
  ExprPtr element(bool (*wanted)(const Ty&));
  ExprPtr known_variable(const std::function<bool(const Variable&)>& wanted);
  ExprPtr template_tree(int depth, uint32_t parameters, std::string& text);
  static ExprPtr substituted(const Expr& tree, const std::vector<ExprPtr>& arguments);

  Random& random_;
  Program& program_;
  const Features& features_;
  std::vector<ExprPtr> macro_trees_;
};

}  // namespace tracer::differential

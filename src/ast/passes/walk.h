// Visits the tree. A pass derives from Walker, overrides what it cares about and calls the base
// to go on to the children. Slots are references to pointers, so that a pass can put another node
// into the place.
#pragma once

#include "ast/ast.h"

namespace tracer::ast {

class Walker {
 public:
  virtual ~Walker() = default;

  virtual void clause(Clause& clause);
  virtual void block(Block& block);
  virtual void statement(Statement*& slot);
  virtual void expr(Expr*& slot);

 protected:
  void statement_children(Statement& statement);
  void expr_children(Expr& expr);
  // What stands in sizeof, offsetof, typeof: its expressions are visited too, although they are
  // never evaluated. A pass for which that matters overrides it.
  virtual void unevaluated(TypeOrExpr& of);
  // A branch of `if comptime`, which may turn out not to be compiled.
  virtual void comptime_branch(Block& branch) { block(branch); }
  void if_children(IfExpr& branch);
  void type_spec(TypeSpec* spec);
  void child(Expr*& slot) {
    if (slot) expr(slot);
  }
  void child(Block* nested) {
    if (nested) block(*nested);
  }
};

// Everything in the script that is run: bodies of functions, then clauses.
std::vector<Clause*> all_code(const Script& script);

}  // namespace tracer::ast

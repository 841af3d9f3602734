#include "ast/passes/tree_size.h"

#include <algorithm>

#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

class Counter : public Walker {
 public:
  Counter(size_t most_nodes, size_t most_depth) : most_nodes_(most_nodes), most_depth_(most_depth) {}

  TreeSize found;

  void statement(Statement*& slot) override {
    visit([&] { statement_children(*slot); });
  }
  void expr(Expr*& slot) override {
    visit([&] { expr_children(*slot); });
  }

 private:
  template <typename Children>
  void visit(Children children) {
    ++found.nodes;
    ++depth_;
    found.depth = std::max(found.depth, depth_);
    if (found.nodes <= most_nodes_ && depth_ <= most_depth_) children();
    --depth_;
  }

  size_t most_nodes_, most_depth_;
  size_t depth_ = 0;
};

}  // namespace

TreeSize size_of_tree(Block& block, size_t most_nodes, size_t most_depth) {
  Counter counter(most_nodes, most_depth);
  counter.block(block);
  return counter.found;
}

TreeSize size_of_tree(Expr& expr, size_t most_nodes, size_t most_depth) {
  Counter counter(most_nodes, most_depth);
  Expr* slot = &expr;
  counter.expr(slot);
  return counter.found;
}

}  // namespace tracer::ast

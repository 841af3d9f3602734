#pragma once

#include <cstddef>

#include "ast/ast.h"

namespace tracer::ast {

struct TreeSize {
  size_t nodes = 0;
  size_t depth = 0;
};

// Counts expressions and statements. Stops, with what was found so far, below `most_depth` levels and
// after `most_nodes` nodes.
TreeSize size_of_tree(Block& block, size_t most_nodes, size_t most_depth);
TreeSize size_of_tree(Expr& expr, size_t most_nodes, size_t most_depth);

}  // namespace tracer::ast

#include "ast/ast.h"

namespace tracer::ast {
namespace {

struct OperatorRow {
  const char* spelling;
  int precedence;  // level of the table in LANGUAGE 3.4
};

// In the order of BinaryOp.
constexpr OperatorRow kOperators[] = {
    {"||", 2}, {"&&", 3}, {"|", 4},  {"^", 5},  {"&", 6},  {"==", 7}, {"!=", 7}, {"<", 8},  {">", 8},
    {"<=", 8}, {">=", 8}, {"<<", 9}, {">>", 9}, {"+", 10}, {"-", 10}, {"*", 11}, {"/", 11}, {"%", 11},
};
static_assert(std::size(kOperators) == static_cast<size_t>(BinaryOp::Modulo) + 1);

}  // namespace

const char* spelling(BinaryOp op) { return kOperators[static_cast<size_t>(op)].spelling; }

int precedence(BinaryOp op) { return kOperators[static_cast<size_t>(op)].precedence; }

}  // namespace tracer::ast

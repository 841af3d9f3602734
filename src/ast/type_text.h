#pragma once

#include <string>

#include "ast/ast.h"

namespace tracer::ast {

// A type as it is written, without `typeof`: `struct sock *`, `uint8[4]`.
std::string type_text(const TypeSpec& type);

// The operator of a unary expression: `-`, `++`.
const char* spelling(UnaryOp op);
inline bool is_postfix(UnaryOp op) { return op == UnaryOp::PostIncrement || op == UnaryOp::PostDecrement; }

}  // namespace tracer::ast

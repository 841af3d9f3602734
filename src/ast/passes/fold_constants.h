// Computes expressions of literals (LANGUAGE 4.2, 4.5): exactly, whatever the size of the parts.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace tracer::ast {

// Puts a literal into `slot` when it is an operator whose operands are literals with their types
// set. Works on one node; its children were folded before.
// Without `diags` an operator that cannot be computed is left as it is.
// Reports: fold-overflow, fold-divide-by-zero, fold-shift.
void fold(Ast& ast, Expr*& slot, Diagnostics* diags);

// A new integer literal with type, constant and sign set.
IntLiteral* make_int(Ast& ast, Span span, uint64_t value);
IntLiteral* make_negative_int(Ast& ast, Span span, int64_t value);
IntLiteral* make_typed_int(Ast& ast, Span span, uint64_t bits, Type type);

BoolLiteral* make_bool(Ast& ast, Span span, bool value);
StringLiteral* make_string(Ast& ast, Span span, std::string value);

// Sets type, constant and flexible sign of a literal as the parser left it.
void type_literal(IntLiteral& literal);

}  // namespace tracer::ast

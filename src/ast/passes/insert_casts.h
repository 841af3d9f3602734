// Makes every conversion a node, so that code generation never converts on its own:
//   - operands of arithmetic have the result's type (pointers excepted: the number beside one is a
//     64-bit integer); operands of comparisons have one type; conditions are booleans
//   - what is stored in a variable, a map or as a key has the type of its place
//   - the value of `t op= e` has the type in which the operation is done (64 bits)
//   - arguments of builtins have the type that the lowering expects: 64-bit numbers for
//     aggregations, lengths, times and statuses; a pointer with its address space for str()
//   - aggregations used as numbers are casts of the map element to int64 or uint64
//   - `a ?: b` becomes a block with a variable; so does a tuple whose elements must be converted
// Reads: types.  Writes: the tree, Clause::locals (hidden ones, without name).  Reports: nothing.
#pragma once

#include "ast/check.h"
#include "ast/passes/facts.h"

namespace tracer::ast {

void insert_casts(Ast& ast, CheckedScript& script, const MapTable& maps);

}  // namespace tracer::ast

// The type rules of builtins: one function for each name in builtins.def. A rule types the
// arguments, reports what is wrong with them and gives the type of the result.
#pragma once

#include <span>

#include "ast/builtins.h"
#include "ast/passes/type_resolver.h"

namespace tracer::ast {

struct BuiltinUse {
  const Builtin& builtin;
  Expr& node;  // an Identifier, or a Call
  std::span<Expr*> args;
  Span span;
  Expr* replacement = nullptr;  // set by the rule: an expression to stand in its place, typed already
};

using TypeRule = Type (*)(BuiltinUse& use, TypeResolver& types);

#define BUILTIN(name, form, min, max, signature, type_rule, ...) \
  Type type_rule(BuiltinUse& use, TypeResolver& types);
#include "ast/builtins.def"
#undef BUILTIN

TypeRule type_rule(const Builtin& builtin);

// ---- shared by the families

// Types an argument that must be an integer (or an aggregation that converts); `what` names it in
// the message. False when it is none.
bool integer_argument(BuiltinUse& use, size_t index, TypeResolver& types);
// The value of an argument that must be a non-negative literal; empty after a report.
std::optional<uint64_t> literal_argument(BuiltinUse& use, size_t index, TypeResolver& types);
// The text of an argument that must be a string literal; null after a report.
const StringLiteral* text_argument(BuiltinUse& use, size_t index, TypeResolver& types);
// The map that the first argument names as a whole; null after a report.
MapRef* map_argument(BuiltinUse& use, TypeResolver& types);
// How a script reads an aggregation as a number: `(int64)@m`, with its backticks.
std::string cast_to_number(const Expr& aggregation);
// `The func builtin can not be used with 'begin' probes`.
Type wrong_probe(BuiltinUse& use, TypeResolver& types);
// `(btf_id=..., base_type=..., full_type=...)`.
RecordExpr* type_record(const Type& type, Span span, TypeResolver& types);
// True after a report: `config.NAME` where there is no such config variable.
bool unknown_setting(FieldAccess& access, TypeResolver& types);
// A field of a record of literals is that literal.
void fold_field(Expr*& slot);
// Takes the literal arguments of hist() and lhist() into the map's plan; one map has one set of them.
void keep_bounds(const Call& call, uint32_t map_index, TypeResolver& types);
// str() of a literal is that literal; str() of a string is that string.
void replace_by_text(Expr*& slot, TypeResolver& types);

}  // namespace tracer::ast

// How types meet: promotion (LANGUAGE 4.2), and the types of variables, map keys and map values,
// which take the promotion of everything that is ever stored in them.
#pragma once

#include <optional>

#include "ast/ast.h"
#include "plan/type.h"

namespace tracer::ast {

// A type and whether its sign is open because it comes from non-negative literals only.
struct OpenType {
  Type type;
  bool flexible = false;
  std::vector<bool> open_elements = {};  // the same for each element of a tuple; empty: none is open
};

OpenType open_type(const Expr& expr);

// The same with room for values of scripts to come: integers of 64 bits, strings of 64 bytes at least;
// tuples element by element.
OpenType with_room(const OpenType& open);

// Two integer types. The result is flexible when both are.
OpenType promote_integers(const OpenType& a, const OpenType& b);

// One type for values of both types: integers promoted, strings as large as the larger, tuples
// element by element, aggregations by their sign. Empty when they do not go together.
std::optional<OpenType> promote(const OpenType& a, const OpenType& b);

// The type of a variable, a map's keys or a map's values while it is being worked out.
struct Slot {
  OpenType open;       // type None: nothing stored yet
  Span set_at;         // what gave it its kind
  bool fixed = false;  // declared: values must fit

  const Type& type() const { return open.type; }
  bool known() const { return !open.type.is(TypeKind::None); }
};

enum class MergeResult : uint8_t { Same, Changed, Conflict };

// Takes in a value of type `value` that is stored at `at`. Unknown and failed types change nothing.
MergeResult merge(Slot& slot, const OpenType& value, Span at);

// The smallest type of a literal: int8 for 1, uint64 from 2^63.
Type literal_type(uint64_t value);
Type negative_literal_type(int64_t value);

// A constant's bits as the value of another integer-like type.
uint64_t convert_constant(uint64_t bits, const Type& to);
// True when the constant (of type `from`) has the same mathematical value in type `to`.
bool constant_fits(uint64_t bits, const Type& from, const Type& to);
// Every value of `from` is a value of `to`.
bool value_preserving(const Type& from, const Type& to);

bool is_signed(const Type& type);  // as an operand of arithmetic

}  // namespace tracer::ast

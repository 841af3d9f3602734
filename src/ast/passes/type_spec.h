// Types as the script writes them (LANGUAGE 3.5) to types of values.
#pragma once

#include <functional>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "btf/type_db.h"
#include "plan/type.h"

namespace tracer::ast {

struct TypeSpecScope {
  TypeDb& types;
  Diagnostics& diags;
  AddressSpace space = AddressSpace::Unknown;     // of pointers that the script writes
  std::function<Type(Expr*&)> type_of = nullptr;  // for typeof(expr)
};

// The type, or the error type after a report. `string` without size, `T[]` have size 0: the caller
// takes the size from the value.
// Reports: unknown-type, no-type-information, bad-type-size, struct-by-value-array.
Type resolve_type_spec(TypeSpec& spec, const TypeSpecScope& scope);

// Integer types that need no BTF: `uint8`, `int`, `size_t`, `u32`. None when it is none of them.
Type well_known_type(std::string_view name);

}  // namespace tracer::ast

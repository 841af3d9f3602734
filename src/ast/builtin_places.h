// Where builtins can be used: which providers belong to each BuiltinWhere. What only the probe at hand can
// tell (whether its arguments are known, ...) is asked by the type rules.
#pragma once

#include <string>

#include "ast/builtins.h"
#include "plan/plan.h"

namespace tracer::ast {

bool works_in(BuiltinWhere where, Provider provider);

// False for what asks a kernel, or acts on it.
bool works_in_user_session(BuiltinWhere where);

// `kprobe, kretprobe and uprobe`; empty for those that every provider has.
std::string places_of(BuiltinWhere where);

}  // namespace tracer::ast

// Lowering of builtins: one function for each row of ast/builtins.def, in builtins_FAMILY.cpp.
#pragma once

#include <optional>
#include <vector>

#include "ast/ast.h"
#include "ast/builtins.h"
#include "codegen/program_emitter.h"

namespace tracer {

// One use of a builtin: a bare name or a call.
struct BuiltinUse {
  const ast::Expr& expr;
  const std::vector<ast::Expr*>& args;
  uint32_t arg_number = 0;        // argN
  std::optional<uint32_t> event;  // index into Plan::events
  Destination into;               // results kept in memory: where they go
  // Aggregations: the map they are assigned to and what counts its being full.
  const ast::MapRef* target = nullptr;
  std::optional<uint32_t> map_full_counter;
};

// Gives the value of a scalar builtin; null for results kept in memory, which are written to
// `use.into`, and for calls without value.
using BuiltinLowering = llvm::Value* (*)(ProgramEmitter& program, const BuiltinUse& use);

#define BUILTIN(name, form, min, max, signature, rule, lowering, ...) \
  llvm::Value* lowering(ProgramEmitter& program, const BuiltinUse& use);
#include "ast/builtins.def"
#undef BUILTIN

BuiltinLowering builtin_lowering(ast::BuiltinId id);

// Writes a user address as a symbol: with the process that it belongs to, which is remembered.
void write_user_symbol(ProgramEmitter& program, llvm::Value* address, Destination into);

// Makes a use of what the tree has: an Identifier or a Call.
BuiltinUse builtin_use(const ast::Identifier& name);
BuiltinUse builtin_use(const ast::Call& call);

}  // namespace tracer

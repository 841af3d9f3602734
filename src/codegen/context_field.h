// Fields of a context that is no memory: the kernel rewrites loads from struct bpf_perf_event_data, so they
// cannot be read as other structs are.
#pragma once

#include <cstdint>
#include <optional>

#include "ast/ast.h"
#include "probes/provider.h"

namespace tracer {

// Bytes from the start of the context, of `ctx.regs.ip` and the like; none when it is something else.
inline std::optional<uint32_t> context_field(const ast::FieldAccess& access, ContextKind context) {
  if (context != ContextKind::PerfEvent || access.argument) return std::nullopt;
  uint32_t offset = 0;
  const ast::FieldAccess* field = &access;
  while (const auto* outer = ast::as<ast::FieldAccess>(field->object)) {
    if (outer->type.is(TypeKind::Pointer)) return std::nullopt;
    offset += field->where.offset;
    field = outer;
  }
  const auto* name = ast::as<ast::Identifier>(field->object);
  if (!name || name->name != "ctx" || !name->builtin) return std::nullopt;
  return offset + field->where.offset;
}

}  // namespace tracer

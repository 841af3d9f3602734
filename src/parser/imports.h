// Reads what a script imports and joins it to the script (LANGUAGE 1.5).
#pragma once

#include <string>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "base/source.h"

namespace tracer {

// `path` is the script's file; empty for `-e` and standard input, whose imports are relative to the
// current folder. Imported scripts stand before the script's own parts, headers become C items, BPF
// programs join Script::objects; `import` statements in blocks are taken out.
// Reports: import-*.
void resolve_imports(ast::Ast& ast, Sources& sources, const std::string& path, Diagnostics& diags);

// The parts of `first`, but for its config block, before those of `ast`.
void put_before(ast::Ast& ast, ast::Ast&& first);

}  // namespace tracer

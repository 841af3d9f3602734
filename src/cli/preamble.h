// The C preamble of a script and what it needs of several folders: clang's reading of it (btf), and the
// parser for the expressions of its macros.
#pragma once

#include "ast/check.h"
#include "btf/c_preamble.h"
#include "cli/options.h"

namespace tracer {

class PreambleMacros final : public ast::CMacros {
 public:
  // Reads the preamble of `script`: its types join `types`, its errors `diags`.
  PreambleMacros(const ast::Script& script, const Sources& sources, const CHeaderOptions& headers,
                 TypeDb& types, Diagnostics& diags);

  std::optional<std::string> text(std::string_view name) override { return preamble_.macro(name); }
  ast::Expr* parse(ast::Ast& ast, const Sources& sources, uint32_t source) override;

 private:
  CPreamble preamble_;
};

}  // namespace tracer

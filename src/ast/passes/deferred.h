// Messages about code of which it is not known yet whether it is compiled at all: the branches of
// `if comptime` (LANGUAGE 3.6). They are given when the branch is chosen, and dropped with it otherwise.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace tracer::ast {

// Calls `visit`; what it reports stays with the branch.
template <typename Visit>
void keep_messages(Diagnostics& diags, Block& branch, Visit visit) {
  const size_t before = diags.all().size();
  visit();
  std::vector<Diagnostic> said = diags.take_since(before);
  if (said.empty()) return;
  branch.deferred.push_back(std::make_shared<const std::vector<Diagnostic>>(std::move(said)));
}

}  // namespace tracer::ast

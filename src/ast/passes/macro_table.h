// The macros of a script, by name and kinds of arguments (LANGUAGE 3.7).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace tracer::ast {

class MacroTable {
 public:
  // Takes the macros of the script in; reports what is wrong with their definitions.
  MacroTable(const Script& script, Diagnostics& diags);

  // All overloads, in script order; empty when it is no macro.
  std::span<const Macro* const> overloads(const std::string& name) const;
  // The first overload that takes these arguments; null when none does. `only_read` names arguments
  // that, whatever they are, can stand for an expression only.
  using OnlyRead = std::function<bool(const Expr*)>;
  const Macro* find(const std::string& name, std::span<Expr* const> args, const OnlyRead& only_read) const;

 private:
  std::unordered_map<std::string, std::vector<const Macro*>> by_name_;
};

// `name($a, @m, x)`, for messages.
std::string signature(const Macro& macro);

}  // namespace tracer::ast

// What a person has typed: what kind of thing it is, and whether more has to come.
#pragma once

#include <string_view>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "base/source.h"

namespace tracer {

enum class EntryKind : uint8_t {
  Script,      // clauses and declarations, as a script file has them
  Statements,  // the inside of an action, run once
};

struct ParsedEntry {
  EntryKind kind = EntryKind::Script;
  ast::Ast ast;
  Diagnostics diags;
  bool shows_value = false;  // an expression: `print` was put around it
};

// Parses an entry, which is a source of `sources`, as what it looks like.
ParsedEntry parse_entry(const Sources& sources, uint32_t source);

EntryKind kind_of(std::string_view text);

// True when the text is wrong only because it ends too early: an open bracket, an attach point without
// action, an operator without right side.
bool is_unfinished(std::string_view text);

}  // namespace tracer

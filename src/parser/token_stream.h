// From text to the tokens of the grammar. What a plain scanner cannot know is settled here, so that the
// grammar is free of conflicts: which mode of the text holds (C preamble, attach points, code), where
// filters and angle actions end, whether a parenthesis opens a type, where statements begin.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ast/ast.h"
#include "parser/reporter.h"
#include "parser/token.h"

namespace tracer::syntax {

// An error found before the grammar runs; it is reported when the grammar reaches its token, so that all
// messages come in the order of places.
struct PendingError {
  size_t token = 0;
  Span span;
  const DiagnosticKind* kind = nullptr;
  std::string argument;
  std::string hint;
  Note note;  // none when its text is empty
};

struct TokenList {
  std::vector<Token> tokens;  // ends in Parser::token::END
  std::vector<PendingError> errors;
  std::vector<ast::Comment> comments;
  std::string shebang;
};

TokenList tokenize(std::string_view text, uint32_t source);

}  // namespace tracer::syntax

#include "parser/recovery.h"

#include "parser.h"

namespace tracer::syntax {
namespace {

using Kind = Parser::token;

bool opens_block(const Token& token) {
  return token.kind == Kind::LBRACE || token.kind == Kind::STATEMENT_LBRACE || token.kind == Kind::ANGLE_OPEN;
}
bool closes_block(const Token& token) {
  return token.kind == Kind::RBRACE || token.kind == Kind::ANGLE_CLOSE;
}

// After the statement that holds token `at`, or before the bracket that closes its block.
size_t after_statement(const std::vector<Token>& tokens, size_t at) {
  while (tokens[at].kind != Kind::END && !closes_block(tokens[at])) {
    if (tokens[at].kind == Kind::SEMICOLON) return at + 1;
    if (!opens_block(tokens[at]) || tokens[at].match == kNoToken) {
      ++at;
      continue;
    }
    at = tokens[at].match + 1;
    bool goes_on = tokens[at].kind == Kind::ELSE || tokens[at].kind == Kind::SEMICOLON ||
                   tokens[at].kind == Kind::RPAREN || tokens[at].kind == Kind::COMMA;
    if (!goes_on) return at;
  }
  return at;
}

// After the clause or declaration that holds token `at`.
size_t after_item(const std::vector<Token>& tokens, size_t at) {
  for (size_t bad = at; tokens[at].kind != Kind::END; ++at) {
    switch (tokens[at].kind) {
      case Kind::SEMICOLON:
        return at + 1;
      case Kind::RPAREN:
      case Kind::RBRACE:
      case Kind::ANGLE_CLOSE:
        if (at == bad && tokens[at].match == kNoToken) return at + 1;
        break;
      case Kind::C_ITEM:
      case Kind::CONFIG:
      case Kind::IMPORT:
      case Kind::MACRO:
      case Kind::FN:
      case Kind::LET:
        return at;
      default:
        if (opens_block(tokens[at]) && tokens[at].match != kNoToken) return tokens[at].match + 1;
    }
  }
  return at;
}

}  // namespace

size_t resume_after(const std::vector<Token>& tokens, size_t bad) {
  if (tokens[bad].block_depth > 0 && !closes_block(tokens[bad])) return after_statement(tokens, bad);
  if (closes_block(tokens[bad]) && tokens[bad].match != kNoToken) return bad;
  if (!tokens[bad].in_filter) return after_item(tokens, bad);
  while (tokens[bad].kind != Kind::END && tokens[bad].kind != Kind::FILTER_CLOSE) ++bad;
  return bad;
}

}  // namespace tracer::syntax

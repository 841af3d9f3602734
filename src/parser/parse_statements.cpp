#include "parser/parse_statements.h"

#include <algorithm>

#include "parser.h"
#include "parser/parse_driver.h"
#include "parser/token_stream.h"

namespace tracer {
namespace {

// The grammar knows no statement that stands by itself: the text becomes the action of a clause. What goes
// around it gets empty places at the ends of the text.
constexpr std::string_view kBefore = "begin{";
constexpr std::string_view kAfter = "\n}";

void move_place(Span& span, uint32_t size) {
  constexpr auto kShift = static_cast<uint32_t>(kBefore.size());
  const auto moved = [=](uint32_t offset) { return std::min(offset - std::min(offset, kShift), size); };
  span.begin = moved(span.begin);
  span.end = moved(span.end);
}

}  // namespace

ast::Ast parse_statements(const Sources& sources, uint32_t source, Diagnostics& diags) {
  const std::string_view text = sources[source].text();
  std::string clause(kBefore);
  clause += text;
  clause += kAfter;
  syntax::TokenList list = syntax::tokenize(clause, source);
  const auto size = static_cast<uint32_t>(text.size());
  for (syntax::Token& token : list.tokens) move_place(token.span, size);
  for (ast::Comment& comment : list.comments) move_place(comment.span, size);
  for (syntax::PendingError& error : list.errors) {
    move_place(error.span, size);
    move_place(error.note.span, size);
  }

  ast::Ast ast;
  syntax::ParseDriver driver(ast, text, source, list, diags);
  syntax::Parser(driver).parse();
  driver.finish();
  ast.script.source = source;
  ast.script.comments = std::move(list.comments);
  return ast;
}

}  // namespace tracer

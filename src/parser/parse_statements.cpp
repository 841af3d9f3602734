#include "parser/parse_statements.h"

#include <algorithm>

#include "parser.h"
#include "parser/diagnostics.h"
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

// What the text does not have itself has an empty place.
bool is_around(const syntax::Token& token) { return token.span.begin == token.span.end; }

// A bracket of the text that closes the action around it; null when there is none.
const syntax::Token* stray_closing(const std::vector<syntax::Token>& tokens) {
  const auto opening =
      std::ranges::find_if(tokens, [](const syntax::Token& each) { return each.match != syntax::kNoToken; });
  if (opening == tokens.end() || !is_around(*opening)) return nullptr;
  const syntax::Token& closing = tokens[opening->match];
  return is_around(closing) ? nullptr : &closing;
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
  if (const syntax::Token* stray = stray_closing(list.tokens)) {
    diags.report(stray->span, diag::unmatched_closing,
                 text.substr(stray->span.begin, stray->span.end - stray->span.begin));
    return ast;
  }
  syntax::ParseDriver driver(ast, text, source, list, diags);
  syntax::Parser(driver).parse();
  driver.finish();
  ast.script.source = source;
  ast.script.comments = std::move(list.comments);
  return ast;
}

}  // namespace tracer

#include "parser/parse.h"

#include "parser.h"
#include "parser/parse_driver.h"
#include "parser/token_stream.h"

namespace tracer {

ast::Ast parse(const Sources& sources, uint32_t source, Diagnostics& diags) {
  std::string_view text = sources[source].text();
  ast::Ast ast;
  syntax::TokenList list = syntax::tokenize(text, source);
  syntax::ParseDriver driver(ast, text, source, list, diags);
  syntax::Parser(driver).parse();
  driver.finish();
  ast.script.source = source;
  ast.script.shebang = std::move(list.shebang);
  ast.script.comments = std::move(list.comments);
  return ast;
}

}  // namespace tracer

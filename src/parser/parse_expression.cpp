#include "parser/parse_expression.h"

#include "parser.h"
#include "parser/parse_driver.h"
#include "parser/token_stream.h"

namespace tracer {
namespace {

constexpr std::string_view kDefine = "#define ";
// As the grammar knows no expression that stands by itself, the text becomes the one statement of a
// clause. What goes before is not longer than the line's own beginning, so that places agree.
constexpr std::string_view kBefore = "begin{_=";
constexpr std::string_view kAfter = ";}";
static_assert(kBefore.size() <= kDefine.size());

}  // namespace

std::string define_line(std::string_view name, std::string_view text) {
  std::string line(kDefine);
  line += name;
  line += ' ';
  return line += text;
}

ast::Expr* parse_define(ast::Ast& ast, const Sources& sources, uint32_t source) {
  const std::string_view line = sources[source].text();
  const size_t begin = line.find(' ', kDefine.size());
  if (begin == line.npos) return nullptr;
  std::string text(kBefore);
  text.append(begin + 1 - kBefore.size(), ' ');
  text += line.substr(begin + 1);
  text += kAfter;

  ast::Ast parsed;
  Diagnostics diags;
  syntax::TokenList list = syntax::tokenize(text, source);
  syntax::ParseDriver driver(parsed, text, source, list, diags);
  syntax::Parser(driver).parse();
  driver.finish();
  const ast::Script& script = parsed.script;
  if (diags.has_errors() || script.items.size() != 1 || script.clauses.size() != 1) return nullptr;
  const ast::Block& body = *script.clauses[0]->body;
  if (body.value || body.statements.size() != 1) return nullptr;
  auto* discard = ast::as<ast::Discard>(body.statements[0]);
  ast::Expr* value = discard ? discard->value : nullptr;
  ast.own_nodes_of(std::move(parsed));
  return value;
}

}  // namespace tracer

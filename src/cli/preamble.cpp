#include "cli/preamble.h"

#include <algorithm>

#include "parser/parse_expression.h"

namespace tracer {
namespace {

std::vector<CPiece> pieces_of(const ast::Script& script) {
  std::vector<CPiece> pieces;
  for (const ast::CItem* item : script.c_items) pieces.push_back({item->text, item->span});
  return pieces;
}

// Of each file that the pieces come from; for a script that is in no file the current one.
std::vector<std::string> folders_of(const ast::Script& script, const Sources& sources) {
  std::vector<std::string> folders;
  for (const ast::CItem* item : script.c_items) {
    const std::string& name = sources[item->span.source].name();
    const size_t slash = name.rfind('/');
    std::string folder = slash == name.npos ? "." : name.substr(0, std::max<size_t>(slash, 1));
    if (std::find(folders.begin(), folders.end(), folder) == folders.end())
      folders.push_back(std::move(folder));
  }
  return folders;
}

}  // namespace

PreambleMacros::PreambleMacros(const ast::Script& script, const Sources& sources,
                               const CHeaderOptions& headers, TypeDb& types, Diagnostics& diags)
    : preamble_(pieces_of(script), {headers, folders_of(script, sources)}, types, diags) {
  preamble_.read();
}

ast::Expr* PreambleMacros::parse(ast::Ast& ast, const Sources& sources, uint32_t source) {
  return parse_define(ast, sources, source);
}

}  // namespace tracer

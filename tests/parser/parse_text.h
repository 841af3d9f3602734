#pragma once

#include <memory>
#include <string>

#include "ast/format_script.h"
#include "base/diagnostics.h"
#include "base/source.h"
#include "parser/parse.h"

namespace tracer {

// One parsed script with what it needs to live.
struct Parsed {
  explicit Parsed(std::string text) : source(sources.add("stdin", std::move(text))) {
    ast = parse(sources, source, diags);
  }
  std::string dump() const { return ast::dump(ast.script); }
  std::string format() const { return ast::format_script(ast.script, sources); }
  std::string messages() const {
    std::string all;
    for (const Diagnostic& diagnostic : diags.all()) all += render(diagnostic, sources);
    return all;
  }

  Sources sources;
  uint32_t source;
  Diagnostics diags;
  ast::Ast ast;
};

}  // namespace tracer

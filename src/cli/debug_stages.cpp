#include "cli/debug_stages.h"

#include <fmt/format.h>

#include <cstdio>

#include "ast/format_script.h"

namespace tracer {

void show_stage(const Options& options, const char* stage, const char* heading,
                const std::function<std::string()>& text) {
  if (options.debug(stage)) fmt::print(stderr, "{}\n{}\n", heading, text());
}

std::function<void(const char* pass)> tree_watcher(const Options& options, const ast::Script& script) {
  if (!options.debug("ast")) return {};
  return [&script, before = ast::dump(script)](const char* pass) mutable {
    std::string now = ast::dump(script);
    if (now == before) return;
    fmt::print(stderr, "AST after: {}\n{}\n", pass, now);
    before = std::move(now);
  };
}

}  // namespace tracer

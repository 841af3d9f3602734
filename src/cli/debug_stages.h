// What -d shows of the compiler's stages (LANGUAGE 10.5), on stderr.
#pragma once

#include <functional>
#include <string>

#include "ast/ast.h"
#include "cli/options.h"

namespace tracer {

// `text` is asked for only when the stage was.
void show_stage(const Options& options, const char* stage, const char* heading,
                const std::function<std::string()>& text);

// To be called after each pass: shows the tree when the pass has changed it. Empty unless `ast` was asked
// for.
std::function<void(const char* pass)> tree_watcher(const Options& options, const ast::Script& script);

}  // namespace tracer

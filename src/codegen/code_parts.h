// Cuts long code into parts that become functions of their own. LLVM's time grows faster than the length
// of a function, and a BPF jump reaches 32767 instructions only.
#pragma once

#include <unordered_map>
#include <vector>

#include "ast/ast.h"

namespace tracer {

// Statements [begin, end) of a block.
struct CodePart {
  size_t begin = 0, end = 0;
};
// In order; statements between them stay where they are.
using CodeParts = std::unordered_map<const ast::Block*, std::vector<CodePart>>;

// Nothing for code of ordinary length. A part holds no `break` or `continue` of a loop around it. The body
// of a long `unroll` is one part, which is called as often as it asks for.
CodeParts find_code_parts(ast::Clause& clause);

}  // namespace tracer

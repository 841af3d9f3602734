// What Tab offers in an interactive session.
#pragma once

#include <string_view>
#include <vector>

#include "cli/interactive/console.h"

namespace tracer {

class Workspace;

// `text`: the entry up to the cursor. `clauses`: numbers of those that are there.
Completion complete(Workspace& workspace, const std::vector<int>& clauses, std::string_view text);

}  // namespace tracer

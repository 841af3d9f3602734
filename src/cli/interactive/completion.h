#pragma once

#include <string_view>

#include "cli/interactive/console.h"

namespace tracer {

class Workspace;

// What the word at the end of `text` can become: a command, a probe, a builtin, a map, a field of `args`, a
// file. `text` is an entry up to the cursor; Completion::begin counts from its start.
Completion complete(Workspace& workspace, std::string_view text);

}  // namespace tracer

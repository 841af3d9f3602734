#pragma once

#include "cli/options.h"

namespace tracer {

// The interactive session: `tracer -i [SCRIPT]`. Gives the exit status.
int run_interactive(const Options& options);

}  // namespace tracer

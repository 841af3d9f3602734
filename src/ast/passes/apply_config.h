// The script's config block and the environment to Plan::config (LANGUAGE 9.1).
// Reads: the config block, TRACER_* and BPFTRACE_*.  Writes: Config.
// Reports: everything of LANGUAGE 9.1's second table.
#pragma once

#include <functional>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "plan/plan.h"

namespace tracer::ast {

// Value of an environment variable, or null; getenv(3) but for tests.
using Environment = std::function<const char*(const char* name)>;

void apply_config(const Script& script, const Environment& environment, Config& config, Diagnostics& diags);

}  // namespace tracer::ast

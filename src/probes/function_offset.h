// `function+offset`, as kprobe and uprobe write it.
#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// Fills function and offset of `spec`, whose function is the whole part; nothing to do without a `+`. False
// when something was reported.
bool parse_offset(const Part& part, ProbeSpec& spec, Diagnostics& diags);

}  // namespace tracer

#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// The attach half of watchpoint.
Result<void> attach_watchpoint(Attachment& attachment);

}  // namespace tracer

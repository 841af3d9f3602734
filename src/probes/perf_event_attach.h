#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// The attach half of software and hardware.
Result<void> attach_perf_event(Attachment& attachment);

}  // namespace tracer

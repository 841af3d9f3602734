#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// The attach half of interval and profile.
Result<void> attach_timer(Attachment& attachment);

}  // namespace tracer

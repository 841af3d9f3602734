#pragma once

#include "probes/kernel_info.h"

namespace tracer {

// Asks the kernel itself, by trying; never its version.
bool try_feature(KernelInfo::Feature feature);

}  // namespace tracer

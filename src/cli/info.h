// What this kernel and this build can do: --info (LANGUAGE 10.4).
#pragma once

#include <string>

#include "probes/kernel_info.h"

namespace tracer {

// The whole text. Asks the kernel by trying; needs the privileges that tracing needs.
std::string info_text(KernelInfo& kernel);

}  // namespace tracer

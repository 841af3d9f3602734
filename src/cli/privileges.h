#pragma once

#include "base/result.h"

namespace tracer {

// Whether this process may load and attach BPF programs; the error names what is missing.
Result<void> check_privileges();

}  // namespace tracer

// How far the running kernel is locked down: what it refuses even to root (`man 7 kernel_lockdown`).
#pragma once

#include <cstdint>

#include "base/result.h"

namespace tracer {

enum class Lockdown : uint8_t {
  None,
  Integrity,        // nothing may change the kernel: no write_user()
  Confidentiality,  // nor read its memory: no probes
};

// None where the kernel does not say.
Lockdown kernel_lockdown();

// That nothing can be traced under confidentiality.
Error lockdown_error();

}  // namespace tracer

// Reading memory that may not be there, for programs of the user session.
#pragma once

#include <cstdint>

namespace tracer {

// As bpf_probe_read_kernel: 0, or -EFAULT with the destination zeroed.
long read_own_memory(void* to, uint64_t size, const void* from);
// As bpf_probe_read_kernel_str: bytes copied with the NUL, or -EFAULT with the destination zeroed.
long read_own_string(void* to, uint64_t size, const void* from);

}  // namespace tracer

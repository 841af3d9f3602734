// The kernel's image, an ELF file with symbols that the user names (LANGUAGE 9.2): what its functions look
// like inside.
#pragma once

#include "probes/provider_actions.h"

namespace tracer {

// False, with a report, when the image shows that no instruction of the function begins at the offset that
// `spec` has. Without an image the kernel itself checks, when the probe is attached.
bool check_kernel_offset(const ProbeSpec& spec, Matching& matching);

}  // namespace tracer

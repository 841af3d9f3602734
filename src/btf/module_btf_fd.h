#pragma once

#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tracer {

// Descriptor of the BTF that the kernel holds for a loaded module, as program loading wants it.
// Needs CAP_SYS_ADMIN.
Result<UniqueFd> open_module_btf(std::string_view module);

}  // namespace tracer

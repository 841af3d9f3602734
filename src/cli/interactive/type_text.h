#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tracer {

class TypeDb;

// A type of the kernel as C, each member with its offset and size in bytes. `name`: `struct sock`, `sock`,
// `enum pid_type`, a typedef. Without a newline at the end.
Result<std::string> type_text(TypeDb& types, std::string_view name);

}  // namespace tracer

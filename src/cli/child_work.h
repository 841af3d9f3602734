// Work in a process of its own, so that it can be ended at any moment, whatever it does.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace tracer {

// Waits until the descriptor can be read. False: the work shall end.
using WaitForWork = std::function<bool(int fd)>;

// What `work` gives. It sees all that this process has, and changes nothing of it. Fails as well when it
// is ended, and when it dies, as a compiler may that runs out of stack.
Result<std::string> work_in_child(const std::function<Result<std::string>()>& work, const WaitForWork& wait);

}  // namespace tracer

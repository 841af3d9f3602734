// What a service manager (systemd) is told about a run.
#pragma once

#include <string_view>

namespace tracer {

// Sends `state`, such as `READY=1`, to the socket that the environment names (NOTIFY_SOCKET: a path, or `@`
// and an abstract name). Without one, or when nobody listens there, nothing happens.
void notify_service(std::string_view state);

}  // namespace tracer

// Times as text (LANGUAGE 8.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plan/plan.h"
#include "runtime/session.h"

namespace tracer {

// time(): local wall-clock time now, at most 63 bytes.
std::string time_text(const std::string& format);

// A value of strftime(): format id, nanoseconds of the clock that the type says.
std::string timestamp_text(const Type& type, Bytes bytes, const Plan& plan);

// strftime(3) in local time with %f %k %l for micro-, nano- and milliseconds; at most `limit` bytes.
std::string format_time(std::string_view format, uint64_t nanoseconds_since_epoch, size_t limit);

// What has to be added to a reading of the boot clock to get the time since the epoch.
int64_t boot_time_ns();

}  // namespace tracer

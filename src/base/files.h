#pragma once

#include <string>

#include "base/result.h"

namespace tracer {

// The whole file. Works for /proc and /sys, whose sizes are not known ahead.
Result<std::string> read_file(const std::string& path);
Result<void> write_file(const std::string& path, std::string_view bytes);

// Path of an executable: itself when it has a slash, else searched in PATH; empty when not found.
std::string find_in_path(const std::string& name);

// Where the kernel's tracing file system is mounted: /sys/kernel/tracing or
// /sys/kernel/debug/tracing; empty when neither is.
std::string tracefs();

}  // namespace tracer

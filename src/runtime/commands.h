#pragma once

#include <cstdint>
#include <string>

#include "runtime/output.h"

namespace tracer {

// cat(): at most `limit` bytes of a file to the output; failure is a message on the spot.
void cat_file(const std::string& path, uint32_t limit, Output& output);

// system(): runs `command` with sh -c and shows what it wrote when it has ended.
void run_command(const std::string& command, Output& output);

}  // namespace tracer

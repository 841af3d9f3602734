// The command line of stand-alone programs (LANGUAGE 10.6).
#pragma once

#include <optional>
#include <string>

#include "runtime/launch.h"

namespace tracer {

struct AotOptions {
  LaunchOptions launch;
  bool help = false, version = false, show_plan = false, unsafe = false;
};

// Fails on wrong usage; the hint lists what there is.
Result<AotOptions> parse_aot_options(int argc, char** argv);

std::string aot_usage(const std::string& program);

}  // namespace tracer

// Objects and programs that are kept: writing them, and running an object in place of a script.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "plan/plan.h"

namespace tracer {

bool is_object(const std::string& text);

// What the command line asks of an object that is fixed since it was compiled.
Result<void> check_object_options(const Options& options, const Plan& plan);

// --emit-elf and --aot.
Result<void> write_saved(const Options& options, const std::string& artifact);

}  // namespace tracer

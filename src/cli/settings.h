// The command line as the compiler, sessions and writers want to hear it.
#pragma once

#include "ast/check.h"
#include "cli/options.h"
#include "runtime/output.h"
#include "runtime/session.h"

namespace tracer {

ast::CheckOptions check_options(const Options& options);
KernelSessionOptions session_options(const Options& options);
OutputOptions output_options(const Options& options);

}  // namespace tracer

// The compiler's stages, from script text to what a session runs, in the one place where all of
// them can be seen.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ast/check.h"
#include "base/diagnostics.h"
#include "base/result.h"
#include "cli/child_work.h"
#include "cli/options.h"
#include "probes/kernel_info.h"
#include "runtime/session.h"

namespace tracer {

struct Compiled {
  Plan plan = {};
  std::string artifact = {};                        // kernel session
  std::unique_ptr<Session> user_session = nullptr;  // --user
  std::vector<Span> map_places = {};                // by index of Plan::maps: what gave the map its type
  std::optional<std::string> help = {};             // `-- --help`: a text to print instead of running
};

// Nothing when the script is wrong (see `diags`). Writes what -d, --emit-elf and --emit-llvm ask
// for; debug stages go to stderr. `shared_maps`: what a user session shares with others (shared_maps.h).
// `wait`: compiling that takes long can be ended.
// Fails on trouble outside the script.
Result<std::optional<Compiled>> compile(const Options& options, const ast::CheckOptions& check_options,
                                        Sources& sources, ast::Ast& script, KernelInfo& kernel,
                                        Diagnostics& diags, SharedMaps* shared_maps = nullptr,
                                        const WaitForWork& wait = {});

}  // namespace tracer

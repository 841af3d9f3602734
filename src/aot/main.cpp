// A stand-alone program: runs the compiled script that stands behind it in its own file.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "aot/options.h"
#include "base/standard_files.h"
#include "probes/kernel_info.h"
#include "runtime/launch.h"
#include "runtime/privileges.h"
#include "runtime/saved_object.h"
#include "runtime/signals.h"
#include "runtime/stand_alone.h"

namespace tracer {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

int wrong_usage(const Error& error, const std::string& program) {
  fmt::print(stderr, "USAGE: {}\n", error.text);
  if (!error.hint.empty()) fmt::print(stderr, "HINT: {}\n", error.hint);
  fmt::print(stderr, "`{} --help` tells more.\n", program);
  return kUsageError;
}

int main(int argc, char** argv) {
  const std::string program = argc > 0 ? base_name(argv[0]) : "program";
  auto options = parse_aot_options(argc, argv);
  if (!options) return wrong_usage(options.error(), program);
  if (options->version) {
    fmt::print("{}, built by tracer v{}\n", program, TRACER_VERSION);
    return 0;
  }
  auto artifact = artifact_behind(kSelf);
  if (!artifact) return complain(artifact.error(), kScriptError);
  auto plan = read_plan(*artifact);
  if (!plan) return complain(plan.error(), kScriptError);
  if (options->help) {
    fmt::print("{}: the script {}, compiled on Linux {}\n\n{}", program, plan->script, plan->saved_on,
               aot_usage(program));
    return 0;
  }
  if (options->show_plan) fmt::print(stderr, "Plan\n{}\n", plan_to_text(*plan));
  if (!options->unsafe)
    if (auto safe = check_unsafe(*plan); !safe) return complain(safe.error(), kScriptError);
  if (auto allowed = check_privileges(); !allowed) return complain(allowed.error(), kScriptError);
  KernelInfo kernel;
  return launch(*plan, *artifact, nullptr, options->launch, kernel);
}

}  // namespace
}  // namespace tracer

int main(int argc, char** argv) {
  tracer::open_standard_files();
  tracer::expect_children();
  const int status = tracer::main(argc, argv);
  fflush(nullptr);
  _exit(status);  // the kernel releases the rest
}

#include "probes/kernel_image.h"

#include <cstdlib>

#include "elf/user_program.h"
#include "probes/diagnostics.h"
#include "probes/kernel_function.h"
#include "probes/match_report.h"
#include "probes/uprobe_place.h"

namespace tracer {
namespace {

// Empty when the user names none.
std::string image_path() {
  for (const char* variable : {"TRACER_VMLINUX", "BPFTRACE_VMLINUX"})
    if (const char* path = std::getenv(variable); path && *path) return path;
  return {};
}

bool report_unusable(const ProbeSpec& spec, std::string_view why, Matching& matching) {
  matching.diags.report(last_part_span(spec), diag::kernel_image_unusable, spec.function, why)
      .hint("TRACER_VMLINUX names the kernel's image; --unsafe skips this check");
  return false;
}

}  // namespace

bool check_kernel_offset(const ProbeSpec& spec, Matching& matching) {
  const bool in_image = spec.module.empty() || spec.module == kVmlinux;
  const std::string path = image_path();
  if (spec.unsafe || spec.offset == 0 || !in_image || path.empty()) return true;
  auto image = UserProgram::open(path);
  if (!image) return report_unusable(spec, image.error().text, matching);
  const std::vector<UserFunction> functions = (*image)->functions_named(spec.function);
  if (functions.empty()) return report_unusable(spec, "`" + path + "` has no such function", matching);
  return check_offset(spec, **image, functions.front(), matching);
}

}  // namespace tracer

#include "cli/privileges.h"

#include <fmt/format.h>
#include <linux/capability.h>

#include <cstdint>
#include <cstdlib>

#include "base/files.h"

namespace tracer {

namespace {

uint64_t effective_capabilities() {
  auto status = read_file("/proc/self/status");
  if (!status) return ~uint64_t{0};  // cannot tell: let the kernel decide
  size_t at = status->find("CapEff:");
  return at == std::string::npos ? ~uint64_t{0} : strtoull(status->c_str() + at + 7, nullptr, 16);
}

bool has(uint64_t capabilities, int which) { return capabilities >> which & 1; }

// The kernel's lockdown mode stands in brackets: `none integrity [confidentiality]`.
bool locked_down() {
  auto text = read_file("/sys/kernel/security/lockdown");
  return text && text->find("[confidentiality]") != std::string::npos;
}

}  // namespace

Result<void> check_privileges() {
  uint64_t have = effective_capabilities();
  if (!has(have, CAP_SYS_ADMIN)) {
    std::string missing;
    if (!has(have, CAP_BPF)) missing = "CAP_BPF";
    if (!has(have, CAP_PERFMON)) missing += missing.empty() ? "CAP_PERFMON" : " and CAP_PERFMON";
    if (!missing.empty())
      return fail(fmt::format("tracing the kernel needs privileges: {} missing", missing),
                  "run tracer as root, or with --user to try a script without a kernel");
  }
  if (locked_down())
    return fail("the kernel is locked down (confidentiality): BPF programs may not read its memory",
                "start the kernel without lockdown=confidentiality; Secure Boot may turn it on");
  return {};
}

}  // namespace tracer

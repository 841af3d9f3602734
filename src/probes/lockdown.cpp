#include "probes/lockdown.h"

#include <string_view>

#include "base/files.h"

namespace tracer {

Lockdown kernel_lockdown() {
  // The mode stands in brackets: `none integrity [confidentiality]`. Where securityfs is not mounted, as in
  // containers, the kernel's command line may tell.
  const auto mode = read_file("/sys/kernel/security/lockdown");
  const auto command_line = mode ? mode : read_file("/proc/cmdline");
  if (!command_line) return Lockdown::None;
  auto says = [&](std::string_view in_mode, std::string_view at_boot) {
    return command_line->find(mode ? in_mode : at_boot) != std::string::npos;
  };
  if (says("[confidentiality]", "lockdown=confidentiality")) return Lockdown::Confidentiality;
  if (says("[integrity]", "lockdown=integrity")) return Lockdown::Integrity;
  return Lockdown::None;
}

Error lockdown_error() {
  return {"the kernel is locked down (confidentiality): BPF programs may not read its memory",
          "start the kernel without lockdown=confidentiality; Secure Boot may turn it on"};
}

}  // namespace tracer

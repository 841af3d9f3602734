// The files that a user probe names (LANGUAGE 7.6): by path, by name in PATH, as a library of the dynamic
// linker, by wildcard, or as what processes have mapped. All as the process of -p sees them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probes/provider_actions.h"

namespace tracer {

struct UserBinary {
  std::string path;          // full path as it is shown, in the eyes of the process of -p
  std::string file;          // where it is opened here: `path`, or that below /proc/PID/root
  uint64_t file_offset = 0;  // of an entry in a zip archive; 0: the file itself
};

// The files that `spec.module` means; empty stands for those of the process `spec.target_pid`. With `*` or
// an empty name only files that hold code and are mapped. Reports by the policy for missing probes, and
// when a name in PATH or a library's name means several; empty then.
std::vector<UserBinary> find_binaries(const ProbeSpec& spec, Matching& matching);

// True when `spec.module` can mean several files: most of them will lack what the probe names.
bool means_many_binaries(const ProbeSpec& spec);

// Where the binary stands in the script.
Span binary_span(const ProbeSpec& spec);

// The same without reports, for listing; `target_pid` 0: none.
std::vector<UserBinary> list_binaries(std::string_view pattern, int32_t target_pid);

}  // namespace tracer

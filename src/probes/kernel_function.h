// Kernel functions as attach points name them: what kprobe, kretprobe, fentry and fexit share
// (LANGUAGE 7.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probes/provider_actions.h"

namespace tracer {

constexpr const char* kVmlinux = "vmlinux";
// The kernel lists a system call without arguments under this name, an alias of the usual one.
constexpr std::string_view kSyscallBodyPrefix = "__do_sys_";

bool is_pattern(const ProbeSpec& spec);  // a wildcard in module or function

// `[module:]function`, quotes and wildcards noted.
void parse_function(std::span<const Part> parts, ProbeSpec& spec);

// Traceable functions that a pattern means, sorted; from BTF when the kernel's list cannot be read.
// `btf_only` leaves out what BTF does not know.
Result<std::vector<KernelInfo::Function>> matching_functions(const ProbeSpec& spec, bool btf_only,
                                                             KernelInfo& kernel, TypeDb& types);

// False, with a report, when the module that was written is not loaded.
bool check_module(const ProbeSpec& spec, Matching& matching);

// Says that there is no such function, and which one may be meant.
void report_missing_function(const ProbeSpec& spec, Matching& matching);

// Functions of the kernel, for suggestions: BTF's, else the traceable ones.
std::vector<std::string> candidates_for(const ProbeSpec& spec, KernelInfo& kernel, TypeDb& types);

}  // namespace tracer

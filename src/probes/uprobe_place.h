// Places inside user functions: offsets, addresses and source lines (LANGUAGE 7.6).
#pragma once

#include "elf/user_program.h"
#include "probes/provider_actions.h"
#include "probes/user_binary.h"

namespace tracer {

// False, with a report, when no instruction of the function begins at the offset that `spec` has.
bool check_offset(const ProbeSpec& spec, UserProgram& program, const UserFunction& function,
                  Matching& matching);

// `uprobe:binary:address`
std::vector<AttachTarget> match_address(const ProbeSpec& spec, const UserBinary& binary, UserProgram& program,
                                        Matching& matching);

// `uprobe:binary@file:line[:column]`
std::vector<AttachTarget> match_line(const ProbeSpec& spec, const UserBinary& binary, UserProgram& program,
                                     Matching& matching);

}  // namespace tracer

// What a process may do: asked for before anything is loaded, given up when all is attached.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "plan/plan.h"
#include "probes/lockdown.h"

namespace tracer {

// What the system says about privileges; a fake is made by filling the fields.
struct Privileges {
  uint64_t capabilities = 0;  // CapEff
  Lockdown lockdown = Lockdown::None;
  bool has_btf = true;
};
Privileges current_privileges();

// Whether this process may load and attach any program; the error names what is missing.
Result<void> check_privileges();
// The same for what this script uses. `privileges`: those that there are.
Result<void> check_privileges(const Plan& plan, const Privileges& privileges);

// `CAP_BPF and CAP_PERFMON`: which of those that every script needs are missing; empty: none.
std::string missing_capabilities(uint64_t capabilities);

// A sentence when the script shows functions of the kernel and this process may not know their names; else
// empty.
std::string why_kernel_code_has_no_names(const Plan& plan);

// The capabilities that a script still needs once its probes are attached, as a mask.
uint64_t capabilities_to_keep(const Plan& plan, bool has_child);
// Gives up all others, for good, in this thread. What cannot be given up stays.
void drop_privileges(const Plan& plan, bool has_child);

}  // namespace tracer

// What fentry, fexit and raw tracepoints share: their programs find arguments in 64-bit slots.
#pragma once

#include <cstdint>

#include "btf/type_db.h"
#include "probes/provider.h"

namespace tracer {

// Slots, which are also registers, that a parameter takes.
uint32_t slots_of(const Type& type);

// The context of such a program with the named parameters of `prototype`, which stand in the first slots.
ProbeContext slot_context(const FunctionType& prototype);
uint32_t argument_slots(const FunctionType& prototype);

}  // namespace tracer

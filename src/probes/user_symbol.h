// Symbols of the program that a user probe is in, for uaddr().
#pragma once

#include "probes/provider.h"

namespace tracer {

// How to look them up from the place of `target`, which is in code of a program.
UserSymbolLookup user_symbols_of(const AttachTarget& target, KernelInfo& kernel);

}  // namespace tracer

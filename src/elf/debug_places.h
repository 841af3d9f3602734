// Where DWARF says that a parameter is.
#pragma once

#include <elfutils/libdw.h>

#include "elf/debug_info.h"

namespace tracer {

// Of `parameter` of `function` when the instruction at `address` is about to run. `frames`: the program's
// unwinding tables; may be null.
ValuePlace place_at(Dwarf_Die* parameter, Dwarf_Die* function, uint64_t address, Dwarf_CFI* const frames[2]);

// By the C calling convention of this machine: how a value of a type is passed to a function, or returned.
struct PassedValue {
  Passing passing = Passing::Integer;
  uint32_t words = 1;
  bool by_value = false;
};
PassedValue how_passed(Dwarf_Die* typed);

}  // namespace tracer

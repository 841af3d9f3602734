// The unwinding information of a program as a table of rows.
#pragma once

#include <vector>

#include "elf/elf_file.h"
#include "plan/unwind.h"

namespace tracer {

// By `.eh_frame`, found by `.eh_frame_hdr`; sorted by address, the last one without code behind it. Empty
// when the file has none or is for another machine.
std::vector<UnwindRow> read_unwind_table(const ElfFile& file);

}  // namespace tracer

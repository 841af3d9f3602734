// Static probes (USDT) of an ELF file: the notes that <sys/sdt.h> and its relatives leave in the section
// .note.stapsdt.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "elf/elf_file.h"

namespace tracer {

// One place in the code where the program passes a probe.
struct UsdtNote {
  std::string name_space, name;
  std::string arguments;               // as the assembler writes them: `8@%rdi -4@$5`
  uint64_t address = 0;                // of the instruction
  uint64_t file_offset = 0;            // the same in the file
  uint64_t semaphore_file_offset = 0;  // of the counter that tells whether somebody listens; 0: none
  // When the program starts, another writable segment shows the semaphore's part of the file too, at a lower
  // address, and that is where the kernel raises it: lld's layout. Later that one is read-only.
  bool semaphore_hidden = false;
};

// A file without such notes has none; damaged ones fail with a sentence. Places that are no code of the
// file, of functions that the linker dropped, are left out.
Result<std::vector<UsdtNote>> usdt_notes(const ElfFile& elf);

}  // namespace tracer

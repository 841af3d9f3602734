// What was taken out of a program and put elsewhere: separate debug files by build id and by
// .gnu_debuglink, and the small symbol table in .gnu_debugdata.
#pragma once

#include <optional>
#include <string>

#include "elf/elf_file.h"

namespace tracer {

// Folders as --debuginfo writes them: `DIR:DIR`, absolute or relative to the program's folder; those with a
// `+` are searched by the link and its checksum, the others by build id too.
void set_debug_folders(std::string folders);

// The separate debug file of `program`, whose path is `path`; none when there is none that belongs to it.
std::optional<ElfFile> separate_debug_file(const ElfFile& program, const std::string& path);

// The symbol table that distributions leave in stripped programs, compressed.
std::optional<ElfFile> mini_debug_info(const ElfFile& program, const std::string& path);

// What has to be added to addresses of `debug` to get those of `program`: not 0 when only one of them was
// prelinked.
uint64_t address_difference(const ElfFile& program, const ElfFile& debug);

}  // namespace tracer

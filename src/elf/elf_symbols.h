// Functions of an ELF file by their place in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elf/elf_file.h"

namespace tracer {

class ElfSymbols {
 public:
  // A file that is no ELF file, or has no symbols, has no functions.
  // `path`: where separate debug files are looked for; empty: nowhere.
  static ElfSymbols of_file(int fd, const std::string& path = {});
  static ElfSymbols of_memory(std::span<const std::byte> image);

  struct Name {
    std::string_view name;  // empty: unknown
    uint64_t offset = 0;    // from the function's start
  };
  // By the place in the file, in bytes from its start.
  Name find(uint64_t file_offset) const;
  // As symbols have it; none for places that are not loaded.
  std::optional<uint64_t> address(uint64_t file_offset) const;
  size_t bytes() const { return symbols_.capacity() * sizeof(Symbol) + names_.capacity(); }

 private:
  struct Symbol {
    uint64_t address, size;
    uint32_t name;  // of its NUL-terminated name in `names_`
    uint8_t rank;   // of several names for one address the lowest counts
  };
  static ElfSymbols of(const ElfFile& file, const std::string& path);
  void add(const ElfFile& file, uint64_t difference);
  void put_in_order();

  std::vector<Segment> segments_;
  std::vector<Symbol> symbols_;  // by address
  std::string names_;
};

}  // namespace tracer

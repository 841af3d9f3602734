// Functions of an ELF file by their place in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

class ElfSymbols {
 public:
  // A file that is no ELF file, or has no symbols, has no functions.
  static ElfSymbols of_file(int fd);
  static ElfSymbols of_memory(std::span<const std::byte> image);

  struct Name {
    std::string_view name;  // empty: unknown
    uint64_t offset = 0;    // from the function's start
  };
  // By the place in the file, in bytes from its start.
  Name find(uint64_t file_offset) const;

 private:
  struct Segment {
    uint64_t file_offset, address, size;
  };
  struct Symbol {
    uint64_t address, size;
    uint32_t name;  // of its NUL-terminated name in `names_`
    uint8_t rank;   // of several names for one address the lowest counts
  };
  friend class ElfReader;

  std::vector<Segment> segments_;
  std::vector<Symbol> symbols_;  // by address
  std::string names_;
};

}  // namespace tracer

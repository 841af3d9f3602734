// DWARF: for an address of code, the source line and the functions that were inlined there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "elf/elf_file.h"

namespace tracer {

struct SourceFrame {
  std::string
      function;      // of an inlined one, as the linker would name it where it has such a name; else empty
  std::string file;  // with its folder; empty: unknown
  uint32_t line = 0;
};

class SourceFrames {
 public:
  // Reads the program of `fd`, or the separate debug file of what is known under `path`. Null when neither
  // has debug information.
  static std::unique_ptr<SourceFrames> open(int fd, const std::string& path);
  ~SourceFrames();
  SourceFrames(const SourceFrames&) = delete;
  SourceFrames& operator=(const SourceFrames&) = delete;

  // The innermost first; the last one is the function that stands in the symbol table. Empty when nothing is
  // known of the address, which is one as symbols have it.
  std::vector<SourceFrame> find(uint64_t address);

 private:
  struct Impl;
  explicit SourceFrames(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracer

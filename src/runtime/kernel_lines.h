// Source lines of the kernel's code, and what was inlined there, where the file with the debug information of
// the running kernel is there: distributions have packages of it (`linux-image-*-dbg`).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "elf/source_frames.h"

namespace tracer {

// The file with the debug information of the running kernel, which its build id is known by; empty: none.
// What TRACER_VMLINUX names comes before the places where packages put it. `root`: for tests.
std::string kernel_debug_file(const std::string& root = "");

class KernelLines {
 public:
  // A function by whose place the running kernel's distance from the file is measured.
  static constexpr const char* kLandmark = "schedule";

  // `file`: as kernel_debug_file() finds it; `place`: where the function `landmark` is now. Null when the
  // file does not say where its code comes from.
  static std::unique_ptr<KernelLines> open(const std::string& file, uint64_t place,
                                           std::string_view landmark = kLandmark);

  // The innermost first; the last one is the function that stands in the symbol table. Empty: not known.
  // Valid until the next call.
  const std::vector<SourceFrame>& find(uint64_t address);

 private:
  KernelLines(std::unique_ptr<SourceFrames> frames, uint64_t distance)
      : frames_(std::move(frames)), distance_(distance) {}

  std::unique_ptr<SourceFrames> frames_;
  uint64_t distance_;
  std::unordered_map<uint64_t, std::vector<SourceFrame>> known_;
};

}  // namespace tracer

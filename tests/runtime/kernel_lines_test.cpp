// A program with debug information stands for the kernel's image.
#include "runtime/kernel_lines.h"

#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "elf/elf_file.h"

#ifdef SYMBOLS_PROGRAM  // its system calls are written for x86-64

namespace tracer {
namespace {

class KernelLinesTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "tracer_kernel_lines_" + std::to_string(getpid());
    std::filesystem::create_directories(root_ + "/sys/kernel");
    std::filesystem::create_directories(root_ + "/usr/lib/debug/boot");
    utsname system;
    uname(&system);
    image_ = root_ + "/usr/lib/debug/boot/vmlinux-" + system.release;
    std::filesystem::create_symlink(SYMBOLS_PROGRAM, image_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  // Another note, then one with the build id, as /sys/kernel/notes has them.
  void write_notes(const std::string& id) {
    std::string notes("\6\0\0\0\1\0\0\0\0\1\0\0Linux\0\0\0\0\0\0\0", 24);
    const char size = static_cast<char>(id.size() / 2);
    notes += std::string("\4\0\0\0", 4) + size + std::string("\0\0\0\3\0\0\0GNU\0", 11);
    for (size_t i = 0; i + 1 < id.size(); i += 2)
      notes += static_cast<char>(std::stoi(id.substr(i, 2), nullptr, 16));
    std::ofstream(root_ + "/sys/kernel/notes") << notes;
  }

  std::string root_, image_;
};

std::string id_of_program() { return ElfFile::open(SYMBOLS_PROGRAM)->build_id(); }

TEST_F(KernelLinesTest, TakesTheFileOfTheRunningKernelOnly) {
  EXPECT_EQ(kernel_debug_file(root_), "");  // the kernel does not say which it is
  write_notes(id_of_program());
  EXPECT_EQ(kernel_debug_file(root_), image_);
  write_notes("0123456789abcdef");
  EXPECT_EQ(kernel_debug_file(root_), "");
}

TEST_F(KernelLinesTest, TakesNotesThatAreDamaged) {
  write_notes(id_of_program());
  const std::string path = root_ + "/sys/kernel/notes";
  for (auto size = std::filesystem::file_size(path); size-- > 0;) {
    std::filesystem::resize_file(path, size);
    EXPECT_EQ(kernel_debug_file(root_), "");
  }
  std::ofstream(path) << std::string(100, '\xff');
  EXPECT_EQ(kernel_debug_file(root_), "");
}

TEST_F(KernelLinesTest, FindsLinesWhereverTheCodeIsNow) {
  uint64_t in_file = 0, outside = 0;
  const auto file = ElfFile::open(SYMBOLS_PROGRAM);
  file->each_symbol([&](const ElfSymbol& symbol) {
    if (symbol.name == "symbols_inner") in_file = symbol.address;
    if (symbol.name == "symbols_outside") outside = symbol.address;
  });
  ASSERT_NE(in_file, 0u);
  const uint64_t moved = 0xffffffff00000000;
  const auto lines = KernelLines::open(image_, in_file + moved, "symbols_inner");
  ASSERT_TRUE(lines);
  const std::vector<SourceFrame> inner = lines->find(in_file + moved);
  ASSERT_EQ(inner.size(), 1u);
  EXPECT_TRUE(inner[0].file.ends_with("programs/symbols_program.cpp")) << inner[0].file;
  EXPECT_GT(inner[0].line, 0u);
  size_t most = 0;
  for (uint64_t at = 0; at < 64; ++at) most = std::max(most, lines->find(outside + moved + at).size());
  EXPECT_EQ(most, 3u);  // two functions are inlined there
  EXPECT_TRUE(lines->find(8).empty());
}

TEST_F(KernelLinesTest, NeedsTheLandmarkAndDebugInformation) {
  EXPECT_FALSE(KernelLines::open(image_, 1, "no_such_function"));
  EXPECT_FALSE(KernelLines::open(root_ + "/none", 1));
}

}  // namespace
}  // namespace tracer

#endif

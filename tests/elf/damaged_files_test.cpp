// Whatever the bytes of a file are: answers or an error, in bounded time, never a crash.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <random>

#include "base/files.h"
#include "base/unique_fd.h"
#include "btf/btf_file.h"
#include "elf/debug_files.h"
#include "elf/elf_symbols.h"
#include "elf/needed_libraries.h"
#include "elf/source_frames.h"
#include "elf/unwind_table.h"
#include "elf/usdt_notes.h"
#include "elf/user_program.h"

namespace tracer {
namespace {

std::string temporary(const std::string& bytes) {
  const std::string path = testing::TempDir() + "damaged_" + std::to_string(getpid());
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

// Asks everything that can be asked. Counts answers, so that nothing is optimised away.
size_t ask_all(const std::string& bytes) {
  const std::string path = temporary(bytes);
  auto program = UserProgram::open(path);
  if (!program) {
    EXPECT_FALSE(program.error().text.empty());
    return 0;
  }
  UserProgram& p = **program;
  size_t answers = p.functions().size() + p.elf().build_id().size() + p.elf().imports("printf");
  for (const UserFunction& function : p.functions()) {
    answers += p.elf().loaded(function.address, function.size).size();
    answers += p.function_at(function.address + 1) != nullptr;
    if (DwarfInfo* debug = p.debug_info()) {
      answers += debug->function(function.address, function.address).has_value();
      answers += debug->function(function.address, function.address + 8).has_value();
    }
  }
  answers += p.symbol("counter_of_calls").has_value();
  if (DwarfInfo* debug = p.debug_info()) {
    answers += debug->find_line("user_functions.c", 42, 0).addresses.size();
    EXPECT_TRUE(BtfFile::parse(debug->types_blob(), nullptr).has_value());
  }
  answers += read_unwind_table(p.elf()).size() + needed_libraries(path).size();
  if (const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC)); file)
    if (const auto sources = SourceFrames::open(file.get(), path); sources)
      for (const UserFunction& function : p.functions())
        answers += sources->find(function.address).size() + sources->find(function.address + 9).size();
  answers += !ElfSymbols::of_memory(std::as_bytes(std::span(bytes))).find(0x1100).name.empty();
  std::remove(path.c_str());
  return answers;
}

TEST(DamagedFiles, WholeFileAnswers) {
  const auto bytes = read_file(FUNCTIONS_PROGRAM);
  ASSERT_TRUE(bytes);
  EXPECT_GT(ask_all(*bytes), 50u);
}

TEST(DamagedFiles, CutOff) {
  const auto bytes = read_file(FUNCTIONS_PROGRAM);
  ASSERT_TRUE(bytes);
  for (size_t size : {0, 1, 4, 5, 15, 16, 17, 51, 52, 63, 64, 65, 120}) ask_all(bytes->substr(0, size));
  for (size_t part = 1; part < 60; ++part) ask_all(bytes->substr(0, bytes->size() * part / 60));
}

// Bytes changed at random, most of them where one byte means much: headers, section table, DWARF.
TEST(DamagedFiles, ChangedBytes) {
  for (const char* file : {FUNCTIONS_PROGRAM, FUNCTIONS_MINI, CLASSES_PROGRAM}) {
    const auto bytes = read_file(file);
    ASSERT_TRUE(bytes);
    std::mt19937 random(7);
    for (int round = 0; round < 150; ++round) {
      std::string changed = *bytes;
      const size_t begin = round % 3 == 0 ? 0 : round % 3 == 1 ? changed.size() - changed.size() / 8 : 0;
      const size_t length = round % 3 == 0 ? 1024 : round % 3 == 1 ? changed.size() / 8 : changed.size();
      for (int i = 0; i < 1 + round % 40; ++i)
        changed[begin + random() % length] = static_cast<char>(random());
      const auto start = std::chrono::steady_clock::now();
      ask_all(changed);
      EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20))
          << file << " round " << round;
    }
  }
}

// The same in the sections that libdw reads.
TEST(DamagedFiles, ChangedDebugInformation) {
  const auto bytes = read_file(FUNCTIONS_PROGRAM);
  ASSERT_TRUE(bytes);
  auto elf = ElfFile::open(FUNCTIONS_PROGRAM);
  ASSERT_TRUE(elf);
  std::mt19937 random(11);
  for (const char* name : {".debug_info", ".debug_abbrev", ".debug_line", ".debug_str", ".eh_frame",
                           ".symtab", ".dynsym", ".note.gnu.build-id", ".debug_aranges"}) {
    const std::span<const std::byte> section = elf->section(name);
    ASSERT_FALSE(section.empty()) << name;
    const std::string_view text(reinterpret_cast<const char*>(section.data()), section.size());
    const size_t begin = bytes->find(text);
    ASSERT_NE(begin, std::string::npos) << name;
    for (int round = 0; round < 60; ++round) {
      std::string changed = *bytes;
      for (int i = 0; i < 1 + round % 8; ++i)
        changed[begin + random() % text.size()] = static_cast<char>(random());
      const auto start = std::chrono::steady_clock::now();
      ask_all(changed);
      EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20))
          << name << " round " << round;
    }
  }
}

#ifdef USDT_PROGRAM
TEST(DamagedFiles, ChangedStaticProbes) {
  const auto bytes = read_file(USDT_PROGRAM);
  ASSERT_TRUE(bytes);
  const auto elf = ElfFile::open(USDT_PROGRAM);
  ASSERT_TRUE(elf);
  const std::span<const std::byte> notes = elf->section(".note.stapsdt");
  const std::string_view text(reinterpret_cast<const char*>(notes.data()), notes.size());
  const size_t begin = bytes->find(text);
  ASSERT_FALSE(text.empty());
  std::mt19937 random(13);
  size_t read = 0, refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string changed = *bytes;
    for (int i = 0; i < 1 + round % 8; ++i)
      changed[begin + random() % text.size()] = static_cast<char>(random());
    const auto damaged = ElfFile::of_memory(std::as_bytes(std::span(changed)), "damaged");
    ASSERT_TRUE(damaged);
    if (const auto probes = usdt_notes(*damaged)) {
      for (const UsdtNote& probe : *probes) read += probe.arguments.size() + probe.name.size();
    } else {
      EXPECT_FALSE(probes.error().text.empty());
      ++refused;
    }
  }
  EXPECT_GT(read, 0u);
  EXPECT_GT(refused, 0u);
}
#endif

}  // namespace
}  // namespace tracer

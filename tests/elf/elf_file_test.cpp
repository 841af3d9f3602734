#include "elf/elf_file.h"

#include <gtest/gtest.h>

#include "elf/debug_files.h"
#include "elf/user_program.h"

namespace tracer {
namespace {

TEST(ElfFile, SaysWhatIsWrong) {
  EXPECT_EQ(ElfFile::open("/etc/passwd").error().text, "`/etc/passwd` is not an ELF file");
  EXPECT_EQ(ElfFile::open("/dev/null").error().text, "`/dev/null` is not an ELF file");
  EXPECT_EQ(ElfFile::open("/").error().text, "`/` is not an ELF file");
  EXPECT_EQ(ElfFile::open("/not/there").error().text, "cannot read `/not/there`: No such file or directory");
}

TEST(ElfFile, AddressesAndOffsets) {
  auto program = UserProgram::open(FUNCTIONS_PROGRAM);
  ASSERT_TRUE(program);
  const auto found = (*program)->functions_named("add");
  ASSERT_EQ(found.size(), 1u);
  const ElfFile& elf = (*program)->elf();
  const auto offset = elf.file_offset(found[0].address);
  ASSERT_TRUE(offset);
  EXPECT_EQ(elf.address(*offset), found[0].address);
  EXPECT_EQ(elf.loaded(found[0].address, found[0].size).size(), found[0].size);
  EXPECT_FALSE(elf.file_offset(~uint64_t{0}));
  EXPECT_TRUE(elf.movable());
  EXPECT_TRUE(elf.imports("atoi"));
  EXPECT_FALSE(elf.imports("add"));
  EXPECT_GE(elf.build_id().size(), 16u);
}

TEST(UserProgram, FunctionsFromWhereverTheyAre) {
  for (const char* path : {FUNCTIONS_PROGRAM, FUNCTIONS_MINI, FUNCTIONS_LINKED}) {
    auto program = UserProgram::open(path);
    ASSERT_TRUE(program) << path;
    const auto found = (*program)->functions_named("greet");
    ASSERT_EQ(found.size(), 1u) << path;
    const UserFunction* around = (*program)->function_at(found[0].address + 3);
    ASSERT_TRUE(around) << path;
    EXPECT_EQ(around->name, "greet");
  }
  auto stripped = UserProgram::open(FUNCTIONS_STRIPPED);
  ASSERT_TRUE(stripped);
  EXPECT_TRUE((*stripped)->functions_named("greet").empty());
  EXPECT_EQ((*stripped)->debug_info(), nullptr);
  EXPECT_EQ((*stripped)->why_no_debug_info(),
            std::string("`") + FUNCTIONS_STRIPPED + "` has no debug information");
}

TEST(UserProgram, DebugFileByLink) {
  auto program = UserProgram::open(FUNCTIONS_LINKED);
  ASSERT_TRUE(program);
  const auto found = (*program)->functions_named("add");
  DwarfInfo* debug = (*program)->debug_info();
  ASSERT_TRUE(debug && found.size() == 1);
  const auto function = debug->function(found[0].address, found[0].address);
  ASSERT_TRUE(function && function->parameters.size() == 2);
  EXPECT_EQ(function->parameters[1].text, "long int b");
}

TEST(DwarfInfo, HowParametersArePassed) {
  auto program = UserProgram::open(FUNCTIONS_PROGRAM);
  ASSERT_TRUE(program);
  DwarfInfo* debug = (*program)->debug_info();
  ASSERT_TRUE(debug);
  auto parameters = [&](const char* name) {
    const uint64_t address = (*program)->functions_named(name).at(0).address;
    return debug->function(address, address).value();
  };
  const DebugFunction pair = parameters("pair_sum");
  EXPECT_EQ(pair.parameters[0].words, 2u);
  EXPECT_TRUE(pair.parameters[0].by_value);
  EXPECT_EQ(pair.parameters[0].text, "struct pair pair");
  const DebugFunction big = parameters("make_big");
  EXPECT_TRUE(big.has_hidden_result);
  EXPECT_EQ(big.parameters[0].passing, Passing::Memory);
  EXPECT_EQ(parameters("scale").parameters[0].passing, Passing::Float);
  EXPECT_EQ(parameters("area").parameters[0].text, "const struct shape* shape");
}

TEST(DwarfInfo, Lines) {
  auto program = UserProgram::open(FUNCTIONS_PROGRAM);
  ASSERT_TRUE(program);
  DwarfInfo* debug = (*program)->debug_info();
  ASSERT_TRUE(debug);
  const SourceLines found = debug->find_line("programs/user_functions.c", 42, 0);
  ASSERT_EQ(found.addresses.size(), 1u);
  EXPECT_EQ((*program)->function_at(found.addresses[0].address)->name, "add");
  EXPECT_TRUE(debug->find_line("user_functions.c", 1, 0).addresses.empty());
  EXPECT_EQ(debug->find_line("user_functions.c", 1, 0).line_after, 41u);
  EXPECT_FALSE(debug->find_line("ser_functions.c", 42, 0).file_known);
}

}  // namespace
}  // namespace tracer

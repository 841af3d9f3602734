#include "runtime/user_symbols.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "elf/demangle.h"
#include "elf/elf_symbols.h"
#include "elf/process_maps.h"
#include "runtime/cgroup_paths.h"

namespace tracer {

// Named for the test; not in the anonymous namespace so that its name is as short as it looks.
[[gnu::noinline]] int marked_function(int n) { return n + static_cast<int>(getpid()); }
extern "C" [[gnu::noinline]] int marked_plainly(int n) { return n - static_cast<int>(getpid()); }

namespace {

uint64_t address_of(int (*function)(int)) { return reinterpret_cast<uint64_t>(function); }

TEST(UserSymbols, NamesFunctionsOfThisProcess) {
  UserSymbols symbols;
  auto found = symbols.find(getpid(), address_of(marked_plainly) + 1);
  EXPECT_EQ(found.name, "marked_plainly");
  EXPECT_EQ(found.offset, 1u);
  EXPECT_TRUE(found.file.ends_with("test_runtime")) << found.file;
}

TEST(UserSymbols, ShowsNamesAsInTheSource) {
  UserSymbols symbols;
  EXPECT_EQ(symbols.find(getpid(), address_of(marked_function)).name, "tracer::marked_function(int)");
  Config config;
  config.cpp_demangle = false;
  symbols.configure(config);
  EXPECT_EQ(symbols.find(getpid(), address_of(marked_function)).name, "_ZN6tracer15marked_functionEi");
}

TEST(UserSymbols, NamesFunctionsOfLibraries) {
  UserSymbols symbols;
  EXPECT_FALSE(symbols.find(getpid(), reinterpret_cast<uint64_t>(&std::abort)).name.empty());
}

TEST(UserSymbols, AddressesOfNothingAndProcessesThatAreNotThere) {
  UserSymbols symbols;
  EXPECT_EQ(symbols.find(getpid(), 0).name, "");
  EXPECT_EQ(symbols.find(getpid(), 8).name, "");
  EXPECT_EQ(symbols.find(0x7fffffff, address_of(marked_plainly)).name, "");
  symbols.remember(0x7fffffff);
}

// A process as /proc shows it, that is gone when it is asked about.
class PastProcess : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "tracer_past_process_" + std::to_string(getpid());
    std::filesystem::create_directories(root_ + "/7/root/tmp");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(root_ + "/7/" + name, text));
  }
  std::string root_;
};

TEST_F(PastProcess, CompiledCodeHasTheNamesOfItsMap) {
  write("maps", "1000-3000 rwxp 00000000 00:00 0 \n");
  write("root/tmp/perf-7.map", "1000 10 first one\n1010 20 second\nnonsense\n");
  UserSymbols symbols(root_);
  symbols.remember(7);
  auto found = symbols.find(7, 0x1004);
  EXPECT_EQ(found.name, "first one");
  EXPECT_EQ(found.offset, 4u);
  EXPECT_EQ(symbols.find(7, 0x102f).name, "second");
  EXPECT_EQ(symbols.find(7, 0x1030).name, "");
}

TEST_F(PastProcess, IsRememberedAfterItsEnd) {
  auto maps = read_file("/proc/self/maps");
  ASSERT_TRUE(maps);
  write("maps", *maps);
  std::filesystem::remove_all(root_ + "/7/root");
  std::filesystem::create_symlink("/", root_ + "/7/root");
  UserSymbols symbols(root_);
  symbols.remember(7);
  std::filesystem::remove_all(root_ + "/7");
  EXPECT_EQ(symbols.find(7, address_of(marked_plainly)).name, "marked_plainly");
}

TEST(ProcessMaps, KeepsWhatCanBeExecuted) {
  auto maps = parse_maps(
      "7f00-7f80 r--p 00000000 fe:01 12 /lib/a b.so\n"
      "8000-9000 r-xp 00001000 fe:01 12                    /lib/a b.so (deleted)\n"
      "5000-6000 r-xp 00000000 00:00 0\n"
      "garbage\n\n9000-8000 r-xp 00000000 00:00 0\n");
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_EQ(maps[0].start, 0x5000u);
  EXPECT_EQ(maps[0].path, "");
  EXPECT_EQ(maps[1].offset, 0x1000u);
  EXPECT_EQ(maps[1].inode, 12u);
  EXPECT_EQ(maps[1].path, "/lib/a b.so (deleted)");
  EXPECT_EQ(find_mapping(maps, 0x8fff), &maps[1]);
  EXPECT_EQ(find_mapping(maps, 0x9000), nullptr);
  EXPECT_EQ(find_mapping(maps, 0x4fff), nullptr);
  EXPECT_EQ(find_mapping({}, 1), nullptr);
}

TEST(ElfSymbols, FilesThatAreNoElfHaveNone) {
  EXPECT_EQ(ElfSymbols::of_file(-1).find(0).name, "");
  const std::byte bytes[16] = {};
  EXPECT_EQ(ElfSymbols::of_memory(bytes).find(0).name, "");
}

TEST(Demangle, KnowsCppAndRust) {
  EXPECT_EQ(demangle("_ZN3foo3barEi"), "foo::bar(int)");
  EXPECT_EQ(demangle("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"), "core::fmt::Write::write_fmt");
  EXPECT_EQ(demangle("_RNvMNtCs1cwy1q02joJ_3A_r3geoINtB2_1PyE5twiceB4_"), "<A_r::geo::P<u64>>::twice");
  EXPECT_EQ(demangle("_RNvXs_NtCs1cwy1q02joJ_3A_r3geoINtB4_1PyENtB4_4Area4area"),
            "<A_r::geo::P<u64> as A_r::geo::Area>::area");
  EXPECT_EQ(demangle("_RNCNCNCNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal00s_0B9_"),
            "std::rt::lang_start_internal::{closure#0}::{closure#0}::{closure#1}");
  EXPECT_EQ(demangle("_RINvNtC3std3mem8align_ofjE.llvm.12"), "std::mem::align_of::<usize>");
  EXPECT_EQ(demangle("_RNvC1a"), "_RNvC1a");
  EXPECT_EQ(demangle("_RB_"), "_RB_");
  EXPECT_EQ(demangle("main"), "main");
  EXPECT_EQ(demangle("_Z"), "_Z");
  EXPECT_EQ(demangle(""), "");
}

TEST(CgroupPaths, HierarchiesOfBothVersions) {
  auto found = parse_cgroup_mounts(
      "36 35 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
      "37 35 0:31 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 - cgroup cgroup rw,cpu,cpuacct\n"
      "38 35 0:32 / /tmp rw - tmpfs tmpfs rw\nshort -\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "unified");
  EXPECT_EQ(found[0].folder, "/sys/fs/cgroup");
  EXPECT_EQ(found[1].name, "cpu,cpuacct");
}

TEST(CgroupPaths, UnknownCgroupHasNoPath) { EXPECT_EQ(cgroup_path_text(~uint64_t{0}, ""), ""); }

}  // namespace
}  // namespace tracer

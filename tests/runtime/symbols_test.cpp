#include "runtime/symbols.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "base/files.h"

namespace tracer {
namespace {

const std::string kFile = std::string(TEST_DATA) + "/kallsyms";

TEST(Symbols, FindsFunctionAroundAnAddress) {
  Symbols symbols(kFile, "");
  auto name = symbols.kernel(0xffffffff81000210);
  EXPECT_EQ(name.name, "ksys_read");
  EXPECT_EQ(name.module, "");
  EXPECT_EQ(name.offset, 0x10u);
}

TEST(Symbols, FirstOfSeveralNamesForOneAddress) {
  Symbols symbols(kFile, "");
  EXPECT_EQ(symbols.kernel(0xffffffff81000100).name, "vfs_read");
  EXPECT_EQ(symbols.kernel(0xffffffff810001ff).name, "vfs_read");
}

TEST(Symbols, DataIsNoFunction) {
  Symbols symbols(kFile, "");
  EXPECT_EQ(symbols.kernel(0xffffffff81000300).name, "ksys_read");
}

TEST(Symbols, ModuleIsNamed) {
  Symbols symbols(kFile, "");
  EXPECT_EQ(symbols.kernel(0xffffffffc0000004).module, "ext4");
  EXPECT_EQ(symbols.kernel(0xffffffffc0000012).module, "nf_tables");
}

TEST(Symbols, AddressesInGapsAreUnknown) {
  Symbols symbols(kFile, "");
  EXPECT_EQ(symbols.kernel(0x1000).name, "");
  EXPECT_EQ(symbols.kernel(0).name, "");
  EXPECT_EQ(symbols.kernel(0xffffffffb0000000).name, "");
  EXPECT_EQ(symbols.kernel(~0ull).name, "");
}

TEST(Symbols, HiddenAddressesNameNothing) {
  Symbols symbols(std::string(TEST_DATA) + "/kallsyms_hidden");
  EXPECT_EQ(symbols.kernel(0xffffffff81000210).name, "");
}

TEST(Symbols, MissingFileNamesNothing) {
  Symbols symbols("/nonexistent/kallsyms");
  EXPECT_EQ(symbols.kernel(0xffffffff81000210).name, "");
}

class ChangingKernel : public testing::Test {
 protected:
  ChangingKernel() {
    for (const std::string& path : {kallsyms_, modules_}) unlink(path.c_str());
  }
  ~ChangingKernel() override {
    for (const std::string& path : {kallsyms_, modules_}) unlink(path.c_str());
  }
  const std::string kallsyms_ = testing::TempDir() + "kallsyms_" + std::to_string(getpid());
  const std::string modules_ = testing::TempDir() + "modules_" + std::to_string(getpid());
  const std::string kernel_ =
      "ffffffff81000000 T _text\nffffffff81000100 T vfs_read\nffffffff81000200 T end\n";
};

TEST_F(ChangingKernel, ModulesThatAreLoadedLaterAreFound) {
  ASSERT_TRUE(write_file(kallsyms_, kernel_));
  Symbols symbols(kallsyms_, modules_);
  EXPECT_EQ(symbols.kernel(0xffffffffc0000010).name, "");
  ASSERT_TRUE(write_file(kallsyms_, kernel_ + "ffffffffc0000000 t late\t[late]\n"));
  // Each address is asked for until the table is read again.
  uint64_t address = 0xffffffffc0000011;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (symbols.kernel(address).name != "late" && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(symbols.kernel(address).name, "late");
  EXPECT_EQ(symbols.kernel(address).module, "late");
}

TEST_F(ChangingKernel, ModulesEnd) {
  ASSERT_TRUE(write_file(kallsyms_, kernel_ + "ffffffffc0000000 t inside\t[short]\n"));
  ASSERT_TRUE(write_file(modules_, "short 4096 0 - Live 0xffffffffc0000000\nnonsense\n\n"));
  Symbols symbols(kallsyms_, modules_);
  EXPECT_EQ(symbols.kernel(0xffffffffc0000fff).name, "inside");
  EXPECT_EQ(symbols.kernel(0xffffffffc0001000).name, "");
}

TEST_F(ChangingKernel, DamagedTablesDoNoHarm) {
  std::mt19937 random(4);
  const std::string letters = "0123456789abcdef tT[]\t\n\n";
  std::string text = "ffffffffffffffff T last\nT\n1 T\n2  \n3 T [x\n";
  for (int i = 0; i < 100000; ++i) text += letters[random() % letters.size()];
  text += '\0' + std::string(50000, 'n');
  ASSERT_TRUE(write_file(kallsyms_, text));
  ASSERT_TRUE(write_file(modules_, text));
  Symbols symbols(kallsyms_, modules_);
  for (int i = 0; i < 1000; ++i) (void)symbols.kernel(uint64_t{random()} << (random() % 33));
  EXPECT_EQ(symbols.kernel(~uint64_t{0}).name, "last");
}

}  // namespace
}  // namespace tracer

#include "runtime/symbols.h"

#include <gtest/gtest.h>

namespace tracer {
namespace {

const std::string kFile = std::string(TEST_DATA) + "/kallsyms";

TEST(Symbols, FindsFunctionAroundAnAddress) {
  Symbols symbols(kFile);
  auto name = symbols.kernel(0xffffffff81000210);
  EXPECT_EQ(name.name, "ksys_read");
  EXPECT_EQ(name.module, "");
  EXPECT_EQ(name.offset, 0x10u);
}

TEST(Symbols, FirstOfSeveralNamesForOneAddress) {
  Symbols symbols(kFile);
  EXPECT_EQ(symbols.kernel(0xffffffff81000100).name, "vfs_read");
  EXPECT_EQ(symbols.kernel(0xffffffff810001ff).name, "vfs_read");
}

TEST(Symbols, DataIsNoFunction) {
  Symbols symbols(kFile);
  EXPECT_EQ(symbols.kernel(0xffffffff81000300).name, "ksys_read");
}

TEST(Symbols, ModuleIsNamed) {
  Symbols symbols(kFile);
  EXPECT_EQ(symbols.kernel(0xffffffffc0000004).module, "ext4");
  EXPECT_EQ(symbols.kernel(0xffffffffc0000012).module, "nf_tables");
}

TEST(Symbols, AddressesInGapsAreUnknown) {
  Symbols symbols(kFile);
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

}  // namespace
}  // namespace tracer

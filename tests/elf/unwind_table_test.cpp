#include "elf/unwind_table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tracer {
namespace {

TEST(UnwindTable, IsSortedAndCoversFunctions) {
  const auto file = ElfFile::open(FUNCTIONS_PROGRAM);
  ASSERT_TRUE(file);
  const auto rows = read_unwind_table(*file);
  ASSERT_FALSE(rows.empty());
  EXPECT_TRUE(std::ranges::is_sorted(rows, {}, &UnwindRow::address));
  file->each_symbol([&](const ElfSymbol& symbol) {
    if (symbol.name != "main") return;
    const auto after =
        std::ranges::upper_bound(rows, static_cast<uint32_t>(symbol.address), {}, &UnwindRow::address);
    ASSERT_NE(after, rows.begin());
    const UnwindRow& entry = *std::prev(after);
    EXPECT_EQ(entry.rule, UnwindRule::FromSp);
    EXPECT_EQ(entry.cfa, 8);
    EXPECT_EQ(entry.keeps_bp, 1);
  });
}

// Nothing called the first function of a program.
TEST(UnwindTable, KnowsWhereStacksEnd) {
  const auto file = ElfFile::open(FUNCTIONS_PROGRAM);
  ASSERT_TRUE(file);
  const auto rows = read_unwind_table(*file);
  const auto after =
      std::ranges::upper_bound(rows, static_cast<uint32_t>(file->entry()), {}, &UnwindRow::address);
  ASSERT_NE(after, rows.begin());
  EXPECT_EQ(std::prev(after)->rule, UnwindRule::End);
}

}  // namespace
}  // namespace tracer

#include "cli/interactive/watch_screen.h"

#include <gtest/gtest.h>

#include <clocale>

namespace tracer {
namespace {

using Keys = std::vector<Key>;

TEST(KeyReaderTest, ReadsSeveralKeysAtOnce) {
  KeyReader reader;
  EXPECT_EQ(reader.read("\033[B\033[B\033OAvq"),
            (Keys{Key::Down, Key::Down, Key::Up, Key::ByValue, Key::Quit}));
  EXPECT_EQ(reader.read("\033[5~\033[6~\033[H\033[F"),
            (Keys{Key::PageUp, Key::PageDown, Key::Home, Key::End}));
}

TEST(KeyReaderTest, ReadsKeysInPieces) {
  KeyReader reader;
  EXPECT_EQ(reader.read("\033"), Keys{});
  EXPECT_EQ(reader.read("["), Keys{});
  EXPECT_EQ(reader.read("6"), Keys{});
  EXPECT_EQ(reader.read("~p"), (Keys{Key::PageDown, Key::Pause}));
}

TEST(KeyReaderTest, PassesOverWhatMeansNothing) {
  KeyReader reader;
  EXPECT_EQ(reader.read("x\033[15~\033[1;5Bk\033xr"), (Keys{Key::ByKey, Key::ByRate}));
  EXPECT_EQ(reader.read("\033[" + std::string(40, '1')), Keys{});  // never ends
  EXPECT_EQ(reader.read("q"), (Keys{Key::Quit}));
}

class VisiblePartTest : public testing::Test {
 protected:
  VisiblePartTest() { setlocale(LC_CTYPE, "C.UTF-8"); }
};

TEST_F(VisiblePartTest, IsAsWideAsTheScreen) {
  EXPECT_EQ(visible_part("apples and pears", 0, 6), "apples");
  EXPECT_EQ(visible_part("apples and pears", 7, 3), "and");
  EXPECT_EQ(visible_part("apples", 0, 80), "apples");
  EXPECT_EQ(visible_part("apples", 7, 80), "");
}

TEST_F(VisiblePartTest, CountsColumnsNotBytes) {
  EXPECT_EQ(visible_part("äöü", 0, 2), "äö");
  EXPECT_EQ(visible_part("äöü", 1, 2), "öü");
  EXPECT_EQ(visible_part("日本語", 0, 5), "日本");
}

TEST_F(VisiblePartTest, MovesNoCursor) {
  EXPECT_EQ(visible_part("a\tb\033[2Jc\x7f", 0, 80), "a b [2Jc ");
  EXPECT_EQ(visible_part("\xff\xfe"
                         "a\xc3",
                         0, 80),
            "  a ");
  EXPECT_EQ(visible_part(std::string(1000, '\x80'), 0, 4), "    ");
}

}  // namespace
}  // namespace tracer

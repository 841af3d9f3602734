#include "base/text.h"

#include <gtest/gtest.h>

namespace tracer {
namespace {

TEST(Text, GlobMatches) {
  struct Row {
    const char* pattern;
    const char* text;
    bool matches;
  };
  for (const Row& row :
       {Row{"vfs_*", "vfs_read", true}, Row{"vfs_*", "vfs_", true}, Row{"vfs_*", "xvfs_", false},
        Row{"*read*", "vfs_read_iter", true}, Row{"a?c", "a?c", true}, Row{"a?c", "abc", false},
        Row{"", "", true}, Row{"", "a", false}, Row{"**", "", true}, Row{"a*b*c", "aXbYbZc", true},
        Row{"a*b*c", "aXbYbZ", false}})
    EXPECT_EQ(glob_match(row.pattern, row.text), row.matches) << row.pattern << " " << row.text;
}

TEST(Text, GlobOfManyStarsIsNotExponential) {
  std::string pattern, text(5000, 'a');
  for (int i = 0; i < 100; i++) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", text));
}

TEST(Text, NearestFindsSwapsAndLosses) {
  std::vector<std::string> names{"tcp_connect", "tcp_close", "vfs_read"};
  EXPECT_EQ(nearest("tcp_conect", names), "tcp_connect");
  EXPECT_EQ(nearest("tpc_close", names), "tcp_close");
  EXPECT_EQ(nearest("nothing_like_it", names), "");
  EXPECT_EQ(did_you_mean("vfs_raed", names), "did you mean `vfs_read`?");
  EXPECT_EQ(did_you_mean("zzz", names), "");
}

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a::b", ':'), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ':'), (std::vector<std::string_view>{""}));
}

TEST(Text, ValidUtf8ReplacesEachBadByte) {
  EXPECT_EQ(valid_utf8("aä€😀"), "aä€😀");
  EXPECT_EQ(valid_utf8("a\xff"
                       "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(valid_utf8("\xc0\x80"), "\xef\xbf\xbd\xef\xbf\xbd");                  // overlong
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // surrogate
  EXPECT_EQ(valid_utf8("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");                  // cut
}

}  // namespace
}  // namespace tracer

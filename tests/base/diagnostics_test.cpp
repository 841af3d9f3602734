#include "base/diagnostics.h"

#include <gtest/gtest.h>

namespace tracer {
namespace {

constexpr DiagnosticKind kBad{"bad-thing", Severity::Error, "bad `{}`"};
constexpr DiagnosticKind kOdd{"odd-thing", Severity::Warning, "odd"};

TEST(Diagnostics, ShowsPlaceLineAndAdvice) {
  Sources sources;
  uint32_t id = sources.add("stdin", "a\nkprobe:vfs_read { @ = 1 + fooo(12) }\n");
  Diagnostics diags;
  diags.report({id, 28, 36}, kBad, "fooo").note({id, 22, 23}, "map here").hint("try foo");
  EXPECT_EQ(render(diags.all()[0], sources),
            "stdin:2:27-35: ERROR: bad `fooo` [bad-thing]\n"
            "kprobe:vfs_read { @ = 1 + fooo(12) }\n"
            "                          ~~~~~~~~\n"
            "stdin:2:21-22: NOTE: map here\n"
            "kprobe:vfs_read { @ = 1 + fooo(12) }\n"
            "                    ~\n"
            "HINT: try foo\n");
}

TEST(Diagnostics, ShowsBytesThatAreNoText) {
  Sources sources;
  uint32_t id = sources.add("s", std::string("x\0\xff y", 5));
  Diagnostics diags;
  diags.report({id, 4, 5}, kOdd);
  EXPECT_EQ(render(diags.all()[0], sources),
            "s:1:5-6: WARNING: odd [odd-thing]\nx\\x00\\xff y\n          ~\n");
}

TEST(Diagnostics, LeavesOutTheReturnOfCrLf) {
  Sources sources;
  uint32_t id = sources.add("s", "ab\r\ncd\r\n");
  Diagnostics diags;
  diags.report({id, 0, 2}, kOdd);
  EXPECT_EQ(render(diags.all()[0], sources), "s:1:1-3: WARNING: odd [odd-thing]\nab\n~~\n");
}

TEST(Diagnostics, SpansLines) {
  Sources sources;
  uint32_t id = sources.add("s", "ab\ncd\n");
  Diagnostics diags;
  diags.report({id, 1, 5}, kOdd);
  EXPECT_EQ(render(diags.all()[0], sources), "s:1-2: WARNING: odd [odd-thing]\nab\n ~\n");
}

TEST(Diagnostics, GivesTheSameMessageOnce) {
  Diagnostics diags;
  diags.report({0, 1, 2}, kBad, "x");
  diags.report({0, 1, 2}, kBad, "x").hint("lost with the repetition");
  diags.report({0, 1, 2}, kBad, "y");
  EXPECT_EQ(diags.error_count(), 2u);
}

TEST(Diagnostics, CutsVeryLongLines) {
  Sources sources;
  std::string line(100000, 'x');
  uint32_t id = sources.add("s", line);
  Diagnostics diags;
  diags.report({id, 50000, 50003}, kOdd);
  EXPECT_LT(render(diags.all()[0], sources).size(), 700u);
}

TEST(Source, FindsPlaces) {
  Source source("s", "ab\n\ncd");
  EXPECT_EQ(source.place(0).line, 1u);
  EXPECT_EQ(source.place(3).line, 2u);
  EXPECT_EQ(source.place(5).column, 2u);
  EXPECT_EQ(source.place(999).line, 3u);
  EXPECT_EQ(source.line(3), "cd");
  EXPECT_EQ(source.line(4), "");
}

}  // namespace
}  // namespace tracer

#include "plan/format.h"

#include <gtest/gtest.h>

namespace tracer {
namespace {

std::string shape(std::string_view text) {
  FormatError error;
  std::string out;
  for (const FormatPiece& piece : parse_format(text, error))
    out += piece.conversion == Conversion::Text ? "'" + piece.text + "'" : "<" + piece.spelling + ">";
  return error.message.empty() ? out : "error at " + std::to_string(error.offset) + ": " + error.message;
}

TEST(Format, TakesConversionsApart) {
  EXPECT_EQ(shape("a %d b"), "'a '<%d>' b'");
  EXPECT_EQ(shape("%-16s|%08x|%+5lld"), "<%-16s>'|'<%08x>'|'<%+5lld>");
  EXPECT_EQ(shape("%r%rx%rh%gr"), "<%r><%rx><%rh><%gr>");
  EXPECT_EQ(shape("100%%"), "'100%'");
  EXPECT_EQ(shape("%q and %"), "'%q and %'");
  EXPECT_EQ(shape("%*d%.3s%.*s"), "<%*d><%.3s><%.*s>");
  EXPECT_EQ(shape(""), "");
}

TEST(Format, KeepsFlagsAndLength) {
  FormatError error;
  Format format = parse_format("%-#08hhx%zu%hd", error);
  ASSERT_EQ(format.size(), 3u);
  EXPECT_TRUE(format[0].left && format[0].alternate && format[0].zero);
  EXPECT_EQ(format[0].width, 8u);
  EXPECT_EQ(format[0].length, 1);
  EXPECT_EQ(format[1].length, 8);
  EXPECT_EQ(format[2].length, 2);
  EXPECT_EQ(conversions(format), 3u);
}

TEST(Format, RefusesFloats) {
  EXPECT_EQ(shape("ab%f"), "error at 2: unsupported format specifier: f");
  EXPECT_EQ(shape("%5.2g"), "error at 0: unsupported format specifier: g");
  EXPECT_EQ(shape("%n"), "error at 0: unsupported format specifier: n");
}

}  // namespace
}  // namespace tracer

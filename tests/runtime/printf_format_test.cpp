#include "runtime/printf_format.h"

#include <gtest/gtest.h>

#include "fake_session.h"

namespace tracer {
namespace {

class PrintfFormat : public testing::Test {
 protected:
  std::string print(std::string_view format, const Type& type, const ByteString& bytes) {
    return print(format, {Field{"", type, 0}}, bytes);
  }
  std::string print(std::string_view text, const std::vector<Field>& fields, const ByteString& record) {
    FormatError error;
    Format format = parse_format(text, error);
    EXPECT_EQ(error.message, "");
    std::string out;
    append_format(out, format, fields, record, context_);
    return out;
  }
  Plan plan_;
  Symbols symbols_{"/nonexistent"};
  ValueContext context_{plan_, symbols_};
};

struct Case {
  const char* format;
  uint32_t bytes;
  bool is_signed;
  int64_t value;
  const char* expected;
};

TEST_F(PrintfFormat, Integers) {
  const Case cases[] = {
      {"%d", 8, true, 5000000000, "5000000000"},
      {"%d", 4, true, -1, "-1"},
      {"%i", 1, true, -1, "-1"},
      {"%u", 1, true, -1, "4294967295"},
      {"%u", 8, true, -1, "18446744073709551615"},
      {"%d", 1, false, 255, "255"},
      {"%hhd", 4, true, 300, "44"},
      {"%hhu", 4, true, -1, "255"},
      {"%hd", 4, true, 65537, "1"},
      {"%hx", 4, true, -1, "ffff"},
      {"%lu", 1, true, -1, "18446744073709551615"},
      {"%lld", 4, true, -7, "-7"},
      {"%zu", 8, false, 7, "7"},
      {"%x", 4, true, -1, "ffffffff"},
      {"%X", 8, false, 0xabc, "ABC"},
      {"%#x", 8, false, 255, "0xff"},
      {"%#x", 8, false, 0, "0"},
      {"%#o", 8, false, 8, "010"},
      {"%o", 8, false, 8, "10"},
      {"%c", 8, false, 'A', "A"},
      {"%3c|", 8, false, 'A', "  A|"},
      {"%p", 8, false, 0, "0x0"},
      {"%p", 8, false, 0xffff8000, "0xffff8000"},
      {"%5d|", 4, true, 42, "   42|"},
      {"%-5d|", 4, true, 42, "42   |"},
      {"%05d|", 4, true, -42, "-0042|"},
      {"%-05d|", 4, true, 42, "42   |"},
      {"%+d", 4, true, 42, "+42"},
      {"%#08x", 8, false, 255, "0x0000ff"},
      {"%08x", 8, false, 255, "000000ff"},
      {"% d", 4, true, 42, "42"},
      {"%*d", 4, true, 42, "42"},
      {"%.3d", 4, true, 42, "42"},
      {"%d", 8, true, INT64_MIN, "-9223372036854775808"},
      {"100%% of %d%q", 4, true, 1, "100% of 1%q"},
      {"%gr", 8, false, 0, "0"},
      {"%s", 4, true, -5, "-5"},
      {"%6s|", 4, true, -5, "    -5|"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(print(each.format, int_type(each.bytes, each.is_signed), words(each.value)), each.expected)
        << each.format << " of " << each.value;
  }
}

TEST_F(PrintfFormat, StringsAndBuffers) {
  EXPECT_EQ(print("%-6s|", string_type(8), text_bytes("ab", 8)), "ab    |");
  EXPECT_EQ(print("%6s|", string_type(2), text_bytes("abc", 2)), "  ab..|");
  EXPECT_EQ(print("%s", bool_type(), words(1)), "true");
  ByteString buffer = joined(text_bytes(std::string("\2\0\0\0", 4), 4), text_bytes("a\n", 4));
  EXPECT_EQ(print("%r", buffer_type(4), buffer), "a\\x0a");
  EXPECT_EQ(print("%s", buffer_type(4), buffer), "a\\x0a");
  EXPECT_EQ(print("%rx", buffer_type(4), buffer), "\\x61\\x0a");
  EXPECT_EQ(print("%rh", buffer_type(4), buffer), "61 0a");
}

TEST_F(PrintfFormat, WidthIsForTheWholeText) {
  Type tuple = tuple_type({int_type(8, true), int_type(8, true)});
  EXPECT_EQ(print("%10s|", tuple, words(1, 2)), "    (1, 2)|");
}

TEST_F(PrintfFormat, ArgumentsAreTakenInOrder) {
  std::vector<Field> fields = {{"", int_type(8, true), 0}, {"", string_type(8), 8}};
  EXPECT_EQ(print("a %d b %s c", fields, joined(words(3), text_bytes("x", 8))), "a 3 b x c");
}

TEST_F(PrintfFormat, EnumAsNumberOrName) {
  Type type = int_type(4, false);
  type.kind = TypeKind::Enum;
  type.enumerators = std::make_shared<const std::vector<Enumerator>>(std::vector<Enumerator>{{"ON", 1}});
  EXPECT_EQ(print("%d", type, words(1)), "1");
  EXPECT_EQ(print("%s", type, words(1)), "ON");
}

TEST(GfpFlags, CompositesFirst) {
  EXPECT_EQ(gfp_flags_text(0xcc0), "GFP_KERNEL");
  EXPECT_EQ(gfp_flags_text(0xdc0), "GFP_KERNEL|__GFP_ZERO");
  EXPECT_EQ(gfp_flags_text(0x820), "GFP_ATOMIC");
  EXPECT_EQ(gfp_flags_text(1ull << 40), "0x10000000000");
  EXPECT_EQ(gfp_flags_text(1 | 1ull << 9), "GFP_DMA|0x200");
}

}  // namespace
}  // namespace tracer

#include <gtest/gtest.h>

#include <cstdlib>

#include "fake_session.h"
#include "runtime/values.h"

namespace tracer {
namespace {

class ValueText : public testing::Test {
 protected:
  std::string text(const Type& type, const ByteString& bytes) { return value_text(type, bytes, context_); }
  std::string json(const Type& type, const ByteString& bytes) {
    std::string out;
    append_value_json(out, type, bytes, context_);
    return out;
  }
  static Type enum_type(uint32_t size) {
    Type type = int_type(size, false);
    type.kind = TypeKind::Enum;
    type.enumerators = std::make_shared<const std::vector<Enumerator>>(
        std::vector<Enumerator>{{"IDLE", 0}, {"BUSY", 4}, {"LOST", -1}});
    return type;
  }
  static Type of(TypeKind kind, uint32_t size) {
    Type type;
    type.kind = kind;
    type.size = size;
    return type;
  }

  Plan plan_;
  Symbols symbols_{std::string(TEST_DATA) + "/kallsyms"};
  ValueContext context_{plan_, symbols_};
};

TEST_F(ValueText, IntegersFollowSizeAndSign) {
  ByteString ones = words(~0ull);
  EXPECT_EQ(text(int_type(1, true), ones), "-1");
  EXPECT_EQ(text(int_type(1, false), ones), "255");
  EXPECT_EQ(text(int_type(2, true), ones), "-1");
  EXPECT_EQ(text(int_type(4, false), ones), "4294967295");
  EXPECT_EQ(text(int_type(8, true), ones), "-1");
  EXPECT_EQ(text(int_type(8, false), ones), "18446744073709551615");
  EXPECT_EQ(text(aggregate_type(TypeKind::Sum, true), words(-7)), "-7");
  EXPECT_EQ(text(aggregate_type(TypeKind::Count, false), words(7)), "7");
}

TEST_F(ValueText, BooleansAndPointers) {
  EXPECT_EQ(text(bool_type(), words(1)), "true");
  EXPECT_EQ(text(bool_type(), words(0)), "false");
  EXPECT_EQ(text(void_pointer_type(AddressSpace::Kernel), words(0x1f)), "0x1f");
  EXPECT_EQ(text(void_pointer_type(AddressSpace::Kernel), words(0)), "0x0");
}

TEST_F(ValueText, StringEndsAtNulAndIsMarkedWhenCut) {
  EXPECT_EQ(text(string_type(8), text_bytes("ab", 8)), "ab");
  EXPECT_EQ(text(string_type(4), text_bytes("abcd", 4)), "abcd..");
  plan_.config.str_trunc_trailer = "";
  EXPECT_EQ(text(string_type(4), text_bytes("abcd", 4)), "abcd");
}

TEST_F(ValueText, BufferShowsUnprintableBytes) {
  auto buffer = [](const ByteString& bytes, BufferForm form) {
    std::string out;
    append_buffer(out, buffer_type(6), bytes, form);
    return out;
  };
  ByteString bytes = joined(text_bytes(std::string("\x03\0\0\0", 4), 4), text_bytes("a\n~", 6));
  EXPECT_EQ(text(buffer_type(6), bytes), "a\\x0a~");
  EXPECT_EQ(buffer(bytes, BufferForm::Escaped), "\\x61\\x0a\\x7e");
  EXPECT_EQ(buffer(bytes, BufferForm::Hex), "61 0a 7e");
  EXPECT_EQ(json(buffer_type(6), bytes), "[97,10,126]");
}

TEST_F(ValueText, BufferLengthBeyondItsCapacityIsCut) {
  EXPECT_EQ(text(buffer_type(2), joined(text_bytes("\xff\xff", 4), text_bytes("ab", 2))), "ab");
}

TEST_F(ValueText, EnumByNameElseNumber) {
  EXPECT_EQ(text(enum_type(8), words(4)), "BUSY");
  EXPECT_EQ(text(enum_type(4), words(0xffffffff)), "LOST");
  EXPECT_EQ(text(enum_type(8), words(5)), "5");
  EXPECT_EQ(json(enum_type(8), words(4)), "4");
}

TEST_F(ValueText, ArraysTuplesRecords) {
  Type array = array_type(int_type(2, false), 3);
  EXPECT_EQ(text(array, text_bytes(std::string("\1\0\2\0\3\0", 6), 6)), "[1,2,3]");
  Type tuple = tuple_type({int_type(8, true), string_type(8)});
  ByteString bytes = joined(words(1), text_bytes("a b", 8));
  EXPECT_EQ(text(tuple, bytes), "(1, a b)");
  EXPECT_EQ(json(tuple, bytes), "[1,\"a b\"]");
  EXPECT_EQ(text(tuple_type({int_type(8, true)}), words(9)), "(9)");
  Type record = record_type({{"a", int_type(8, true)}, {"b", string_type(8)}});
  EXPECT_EQ(text(record, bytes), "{ .a = 1, .b = a b }");
  EXPECT_EQ(json(record, bytes), "{\"a\": 1, \"b\": \"a b\"}");
  EXPECT_EQ(text(record_type({}), {}), "{}");
  EXPECT_EQ(text(tuple_type({tuple, int_type(8, true)}), joined(bytes, words(2))), "((1, a b), 2)");
}

TEST_F(ValueText, BitFields) {
  Type type = of(TypeKind::Struct, 4);
  Field low{"low", int_type(4, false), 0, 0, 3};
  Field high{"high", int_type(4, true), 0, 11, 5};
  type.fields = std::make_shared<const std::vector<Field>>(std::vector<Field>{low, high});
  EXPECT_EQ(text(type, words(5 | 0x1f << 11)), "{ .low = 5, .high = -1 }");
}

TEST_F(ValueText, AddressesAndNames) {
  EXPECT_EQ(text(of(TypeKind::Inet, 24), joined(words(2), text_bytes(std::string("\x0a\0\0\x01", 4), 16))),
            "10.0.0.1");
  ByteString v6 = joined(words(10), ByteString(16));
  v6[8] = std::byte{0xfe};
  v6[9] = std::byte{0x80};
  v6[23] = std::byte{1};
  EXPECT_EQ(text(of(TypeKind::Inet, 24), v6), "fe80::1");
  EXPECT_EQ(text(of(TypeKind::MacAddress, 6), text_bytes(std::string("\xaa\xbb\xcc\0\x11\x22", 6), 6)),
            "AA:BB:CC:00:11:22");
  EXPECT_EQ(text(of(TypeKind::Username, 8), words(0)), "root");
  EXPECT_EQ(text(of(TypeKind::Username, 8), words(4'000'000'123)), "");
}

TEST_F(ValueText, KernelSymbols) {
  EXPECT_EQ(text(kernel_symbol_type(), words(0xffffffff81000105)), "vfs_read");
  EXPECT_EQ(text(kernel_symbol_type(), words(0x7f3a)), "0x7f3a");
}

TEST_F(ValueText, StacksInEachMode) {
  ByteString bytes = words(2, 0xffffffff81000105, 0x10, 0);
  EXPECT_EQ(text(stack_type(TypeKind::KernelStack, StackMode::Bpftrace, 3), bytes),
            "\n        vfs_read+5\n        0x10\n");
  EXPECT_EQ(text(stack_type(TypeKind::KernelStack, StackMode::Perf, 3), bytes),
            "\n\tffffffff81000105 vfs_read+5\n\t10 ([unknown])\n");
  EXPECT_EQ(text(stack_type(TypeKind::KernelStack, StackMode::Raw, 3), bytes), "\nffffffff81000105\n10\n");
}

TEST_F(ValueText, StackWithMoreFramesThanItsTypeIsCut) {
  EXPECT_EQ(text(stack_type(TypeKind::KernelStack, StackMode::Raw, 1), words(99, 1)), "\n1\n");
}

TEST_F(ValueText, TimestampsByFormatId) {
  setenv("TZ", "UTC", 1);
  tzset();
  plan_.strings = {"%H:%M:%S.%f"};
  EXPECT_EQ(text(timestamp_type(ClockMode::Tai), words(0, 1'000'005'000)), "00:00:01.000005");
  EXPECT_EQ(text(timestamp_type(ClockMode::Tai), words(1, 5)), "(?)");
}

TEST_F(ValueText, JsonNumbersThatDoublesCannotHoldAreStrings) {
  EXPECT_EQ(json(int_type(8, false), words(~0ull)), "\"18446744073709551615\"");
  EXPECT_EQ(json(int_type(8, true), words(-1)), "-1");
  EXPECT_EQ(json(int_type(8, true), words(INT64_MAX)), "\"9223372036854775807\"");
  EXPECT_EQ(json(int_type(8, true), words(INT64_MIN)), "-9223372036854775808");
  EXPECT_EQ(json(int_type(8, false), words(1ull << 53)), "9007199254740992");
  EXPECT_EQ(json(int_type(8, false), words((1ull << 53) + 1)), "\"9007199254740993\"");
}

TEST_F(ValueText, TooFewBytesReadAsZeros) {
  EXPECT_EQ(text(int_type(8, true), {}), "0");
  EXPECT_EQ(text(string_type(16), {}), "");
  EXPECT_EQ(text(tuple_type({int_type(4, true), string_type(4)}), {}), "(0, )");
}

}  // namespace
}  // namespace tracer

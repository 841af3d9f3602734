#include "btf/btf_file.h"

#include <gtest/gtest.h>

#include <cstring>

#include "btf_builder.h"

namespace tracer {
namespace {

std::string small_btf() {
  test::BtfBuilder b;
  int i32 = btf__add_int(*b, "int", 4, BTF_INT_SIGNED);
  btf__add_struct(*b, "pair", 8);
  btf__add_field(*b, "first", i32, 0, 0);
  btf__add_field(*b, "second", i32, 32, 0);
  btf__add_enum(*b, "color", 4);
  btf__add_enum_value(*b, "RED", 1);
  int proto = btf__add_func_proto(*b, i32);
  btf__add_func_param(*b, "x", i32);
  btf__add_func(*b, "pair", BTF_FUNC_STATIC, proto);
  return b.bytes();
}

void set_word(std::string& bytes, size_t at, uint32_t value) { std::memcpy(bytes.data() + at, &value, 4); }

TEST(BtfFile, finds_types_by_name_and_kind) {
  auto file = BtfFile::parse(small_btf(), nullptr);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ((*file)->find("int", kind_bit(BTF_KIND_INT)), 1u);
  EXPECT_EQ((*file)->find("pair", kind_bit(BTF_KIND_STRUCT)), 2u);
  EXPECT_EQ((*file)->find("pair", kind_bit(BTF_KIND_FUNC)), 5u);
  EXPECT_EQ((*file)->find("pai", kind_bit(BTF_KIND_STRUCT)), 0u);
  EXPECT_EQ((*file)->find("", kind_bit(BTF_KIND_FUNC_PROTO)), 0u);
}

TEST(BtfFile, has_no_type_for_void_and_for_ids_outside) {
  auto file = BtfFile::parse(small_btf(), nullptr);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ((*file)->type(0), nullptr);
  EXPECT_NE((*file)->type(5), nullptr);
  EXPECT_EQ((*file)->type(6), nullptr);
  EXPECT_EQ((*file)->type(UINT32_MAX), nullptr);
  EXPECT_EQ((*file)->string(UINT32_MAX), "");
}

TEST(BtfFile, numbers_types_of_a_split_blob_after_its_base) {
  std::string base_bytes = small_btf();
  auto base = BtfFile::parse(base_bytes, nullptr);
  btf* base_btf = btf__new(base_bytes.data(), static_cast<uint32_t>(base_bytes.size()));
  btf* split = btf__new_empty_split(base_btf);
  btf__add_struct(split, "mine", 4);
  btf__add_field(split, "first", 1, 0, 0);
  uint32_t size = 0;
  const void* data = btf__raw_data(split, &size);
  auto file = BtfFile::parse(std::string(static_cast<const char*>(data), size), base->get());
  btf__free(split);
  btf__free(base_btf);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ((*file)->find("mine", kind_bit(BTF_KIND_STRUCT)), 6u);
  EXPECT_EQ((*file)->name((*file)->type(6)), "mine");
  EXPECT_EQ((*file)->name((*file)->type(2)), "pair");
  EXPECT_EQ((*file)->find("pair", kind_bit(BTF_KIND_STRUCT)), 0u)
      << "types of the base are not the blob's own";
}

TEST(BtfFile, says_why_bytes_are_no_btf) {
  EXPECT_EQ(BtfFile::parse("", nullptr).error().text, "it is too short for a header");
  std::string bytes = small_btf();
  bytes[0] = 'x';
  EXPECT_EQ(BtfFile::parse(bytes, nullptr).error().text, "it does not begin with the BTF magic number");
  bytes = small_btf();
  std::swap(bytes[0], bytes[1]);
  EXPECT_EQ(BtfFile::parse(bytes, nullptr).error().text, "it is of the other byte order");
  bytes = small_btf();
  set_word(bytes, 12, 0x7fffffff);  // type_len
  EXPECT_EQ(BtfFile::parse(bytes, nullptr).error().text, "a section lies outside the data");
  bytes = small_btf();
  bytes.back() = 'x';
  EXPECT_EQ(BtfFile::parse(bytes, nullptr).error().text, "its strings are not terminated");
}

TEST(BtfFile, refuses_every_truncation) {
  std::string whole = small_btf();
  for (size_t size = 0; size < whole.size(); size++)
    EXPECT_FALSE(BtfFile::parse(whole.substr(0, size), nullptr).has_value()) << size;
}

TEST(BtfFile, refuses_a_member_list_that_leaves_the_section) {
  std::string bytes = small_btf();
  // Second type (struct pair): header at 24 + 16; the low half of `info` is the member count.
  set_word(bytes, 24 + 16 + 4, BTF_KIND_STRUCT << 24 | 0xffff);
  EXPECT_EQ(BtfFile::parse(bytes, nullptr).error().text, "its last type is cut off");
}

}  // namespace
}  // namespace tracer

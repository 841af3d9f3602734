#include "btf/c_preamble.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "btf/simple_preamble.h"

namespace tracer {
namespace {

std::vector<CPiece> pieces(std::initializer_list<const char*> texts) {
  std::vector<CPiece> result;
  uint32_t at = 0;
  for (const char* text : texts) {
    const auto size = static_cast<uint32_t>(std::string_view(text).size());
    result.push_back({text, {0, at, at + size}});
    at += size + 1;
  }
  return result;
}

// A machine without kernel BTF.
class CPreambleTest : public testing::Test {
 protected:
  TypeDb types{"/nonexistent"};
  Diagnostics diags;
};

TEST_F(CPreambleTest, definitions_become_types) {
  CPreamble preamble(pieces({"struct point { int x : 4; unsigned y : 12; struct point *next; }"}), {}, types,
                     diags);
  preamble.read();
  ASSERT_FALSE(diags.has_errors()) << diags.all()[0].text;
  auto point = types.find(TypeDb::Tag::Struct, "point");
  ASSERT_TRUE(point);
  EXPECT_EQ(point->size, 16u);
  auto y = types.field(*point, "y", AddressSpace::Unknown);
  ASSERT_TRUE(y);
  EXPECT_EQ(y->bit_offset, 4u);
  EXPECT_EQ(y->bit_size, 12u);
  EXPECT_FALSE(y->type.is_signed);
  auto next = types.field(*point, "next", AddressSpace::Kernel);
  ASSERT_TRUE(next);
  EXPECT_EQ(to_string(next->type), "struct point *");
}

TEST_F(CPreambleTest, enum_constants_may_be_wide_and_negative) {
  CPreamble preamble(pieces({"enum e { LOW = -2, HIGH = 1 }", "enum { WIDE = 0x123456789abcLL };"}), {},
                     types, diags);
  preamble.read();
  ASSERT_FALSE(diags.has_errors());
  EXPECT_EQ(types.enumerator("LOW")->second, -2);
  EXPECT_EQ(types.enumerator("WIDE")->second, 0x123456789abc);
  EXPECT_FALSE(types.enumerator("NONE"));
}

TEST_F(CPreambleTest, macros_that_clang_must_read) {
  CPreamble preamble(pieces({"#define ONE 1", "#if ONE", "#define TWO (ONE + 1)", "#endif"}), {}, types,
                     diags);
  preamble.read();
  EXPECT_EQ(preamble.macro("TWO"), "( ONE + 1 )");
  EXPECT_FALSE(preamble.macro("__x86_64__"));
}

TEST_F(CPreambleTest, undefined_macros_are_gone) {
  CPreamble preamble(pieces({"#define ONE 1", "#define TWO 2", "# undef ONE // no longer", "#undef TWO",
                             "#define TWO 22", "#undef NEVER"}),
                     {}, types, diags);
  preamble.read();
  ASSERT_FALSE(diags.has_errors());
  EXPECT_FALSE(preamble.macro("ONE"));
  EXPECT_EQ(preamble.macro("TWO"), "22");
}

TEST_F(CPreambleTest, an_error_has_its_place_in_the_script) {
  CPreamble preamble(pieces({"struct good { int a; };", "struct bad { nothing b; };"}), {}, types, diags);
  preamble.read();
  ASSERT_TRUE(diags.has_errors());
  EXPECT_STREQ(diags.all()[0].kind->id, "c-error");
  EXPECT_EQ(diags.all()[0].span.begin, 24u + 13u);
  EXPECT_EQ(diags.all()[0].span.end, 24u + 20u);
}

TEST_F(CPreambleTest, without_libclang_it_is_named) {
  ::setenv("TRACER_LIBCLANG", "/nonexistent/libclang.so", 1);
  CPreamble preamble(pieces({"struct point { int x; };"}), {}, types, diags);
  preamble.read();
  ASSERT_EQ(diags.error_count(), 1u);
  EXPECT_STREQ(diags.all()[0].kind->id, "c-without-clang");
  EXPECT_NE(diags.all()[0].text.find("/nonexistent/libclang.so"), std::string::npos);
  EXPECT_NE(diags.all()[0].hints.at(0).find("TRACER_LIBCLANG"), std::string::npos);
}

TEST(SimplePreamble, constants_and_kernel_headers_need_no_compiler) {
  int asked = 0;
  auto has_btf = [&] { return ++asked > 0; };
  auto simple =
      read_simple_preamble(pieces({"#define A 1", "#define LETTER 'b'", "#define NOTHING"}), has_btf);
  ASSERT_TRUE(simple);
  EXPECT_EQ(simple->macros.at("LETTER"), "98");
  EXPECT_EQ(simple->macros.at("NOTHING"), "");
  EXPECT_FALSE(simple->has_includes);
  EXPECT_EQ(asked, 0);

  simple =
      read_simple_preamble(pieces({"#ifndef BPFTRACE_HAVE_BTF", "#include <other/header.h>", "#define A 1",
                                   "#else", "#include <linux/fs.h>", "#define A 2", "#endif"}),
                           has_btf);
  ASSERT_TRUE(simple);
  EXPECT_EQ(simple->macros.at("A"), "2");
  EXPECT_TRUE(simple->has_includes);
}

TEST(SimplePreamble, what_needs_a_compiler) {
  auto has_btf = [] { return true; };
  for (const char* text :
       {"struct s { int a; };", "#include \"mine.h\"", "#include <sys/stat.h>", "#define F(x) x", "#if A",
        "#ifdef UNKNOWN", "#endif", "#undef A", "#define A 1 // one", "#ifdef"})
    EXPECT_FALSE(read_simple_preamble(pieces({text}), has_btf)) << text;
  EXPECT_FALSE(read_simple_preamble(pieces({"#ifdef BPFTRACE_HAVE_BTF"}), has_btf));
  EXPECT_FALSE(read_simple_preamble(pieces({"#include <linux/fs.h>"}), [] { return false; }));
}

}  // namespace
}  // namespace tracer

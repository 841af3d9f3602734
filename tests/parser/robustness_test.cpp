// Any bytes: no crash, no hang, no quadratic time.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "corpus.h"
#include "parse_text.h"

namespace tracer {
namespace {

std::string repeat(std::string_view text, size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Robustness, TenThousandParentheses) {
  Parsed parsed("begin { $x = " + repeat("(", 10000) + "1" + repeat(")", 10000) + "; }");
  EXPECT_EQ(parsed.messages(), "");
  EXPECT_EQ(parsed.format(), "begin\n{\n  $x = 1;\n}\n");
}

TEST(Robustness, DeepTreesAreRefused) {
  const std::string kDeep[] = {
      "begin { $x = " + repeat("- ", 10000) + "1; }",
      "begin { $x = " + repeat("1 + ", 10000) + "1; }",
      "begin { $x = " + repeat("(1 + ", 10000) + "1" + repeat(")", 10000) + "; }",
      "begin " + repeat("{ ", 10000) + repeat(" }", 10000),
      "begin { " + repeat("if a { ", 10000) + repeat(" }", 10000) + " }",
      "begin { if a { } " + repeat("else if b { } ", 10000) + " }",
      "begin { $x = " + repeat("f(", 10000) + repeat(")", 10000) + "; }",
      "begin { $x = " + repeat("@m[", 10000) + "1" + repeat("]", 10000) + "; }",
      "begin { $x = " + repeat("a ? b : ", 10000) + "c; }",
      "begin { $x = $y" + repeat(".x", 10000) + "; }",
      "begin { $x = " + repeat("(T*)", 10000) + "c; }",
      "begin { $x = " + repeat("(typeof(", 10000) + "1" + repeat(")) 1", 10000) + "; }",
  };
  for (const std::string& text : kDeep) {
    Parsed parsed(text);
    EXPECT_NE(parsed.messages().find("[nested-too-deeply]"), std::string::npos) << text.substr(0, 40);
    EXPECT_EQ(parsed.diags.error_count(), 1u) << text.substr(0, 40);
    EXPECT_FALSE(parsed.dump().empty());
  }
}

TEST(Robustness, DepthWithinTheLimitIsAccepted) {
  Parsed parsed("begin { $x = " + repeat("1 + ", 1400) + "1; }");
  EXPECT_EQ(parsed.messages(), "");
  EXPECT_EQ(Parsed(parsed.format()).dump(), parsed.dump());
}

TEST(Robustness, LongScriptsTakeLinearTime) {
  const std::string kLines[] = {
      "kprobe:vfs_read /pid == 1/ { @x[comm, pid] = count(); } // c\n",
      "/* c */ /* c */ // c\n",
      "begin { ( }\n",
      "kprobe:f /a\n",
      "\x01\x02 ",
      "begin {\n",
      "} ) ] >\n",
      "uprobe:/a/b/c/d/e/f:g, /a/b/c/d/e\n",
      "a/b/c/d/e/f",
      "import \"x\"; macro f($x) { $x",
      "begin { 'x \" }\n",
      "(a[1][2]*[3",
  };
  for (const std::string& line : kLines) {
    auto start = std::chrono::steady_clock::now();
    Parsed parsed(repeat(line, 20000));
    auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_LT(seconds, 10) << line;
    EXPECT_LE(parsed.diags.error_count(), 50u) << line;
  }
}

TEST(Robustness, ManyErrorsEndInOne) {
  Parsed parsed(repeat("begin { $x = ; }\n", 1000));
  EXPECT_EQ(parsed.diags.error_count(), 50u);
  EXPECT_NE(parsed.messages().find("[too-many-errors]"), std::string::npos);
}

TEST(Robustness, EveryErrorOfAScriptIsReported) {
  Parsed parsed(
      "begin { $x = ; $y = 1 }\nkprobe:f /pid ==/ { $z = 1 $w = 2; }\nend { print(1; }\nkprobe:g\n");
  EXPECT_EQ(parsed.diags.error_count(), 5u) << parsed.messages();
  EXPECT_EQ(parsed.ast.script.clauses.size(), 3u);
}

TEST(Robustness, ErrorsComeInTheOrderOfPlaces) {
  Parsed parsed("begin { $x = ; }\nbegin { $y = `1; }\nbegin { $z = ; }\nbegin { \"abc }\n");
  uint32_t last = 0;
  for (const Diagnostic& diagnostic : parsed.diags.all()) {
    EXPECT_LE(last, diagnostic.span.begin);
    last = diagnostic.span.begin;
  }
  EXPECT_EQ(parsed.diags.error_count(), 4u) << parsed.messages();
}

TEST(Robustness, StrangeBytes) {
  const std::string kTexts[] = {std::string("begin { \0\0 print(1); }", 22),
                                "begin { \xff\xfe print(1); }",
                                std::string("\0", 1),
                                "\xc3",
                                "kprobe:\xff { }",
                                "begin { \xe2\x9c\x93 }",
                                std::string("kprobe:a\0b { }", 13)};
  for (const std::string& text : kTexts) {
    Parsed parsed(text);
    EXPECT_GE(parsed.diags.error_count(), 1u) << parsed.messages();
  }
  Parsed inside(std::string("// \0\xff\nbegin { print(\"\xff\"); /* \xfe */ }", 35));
  EXPECT_EQ(inside.messages(), "");
}

// Deterministic, so that a failure can be repeated.
std::string mutate(std::string text, std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {
      "{",  "}",   "(",     ")",       "<",    ">",       "/",  ";",      "\"", "/*", "@",
      "$",  "if ", "else ", ":",       ",",    "=",       "1",  "x",      "\n", "[",  "]",
      "..", "\\",  "#",     "struct ", "let ", "sizeof(", "++", "begin ", "\0"};
  for (int i = 0; i < 3; ++i) {
    size_t at = text.empty() ? 0 : random() % text.size();
    size_t length = random() % 8;
    switch (random() % 3) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at, length));
        break;
      default:
        text.insert(at, kPieces[random() % std::size(kPieces)]);
    }
  }
  return text;
}

TEST(Robustness, MutatedScripts) {
  std::mt19937 random(42);
  size_t good = 0;
  for (const CorpusFile& file : corpus()) {
    if (file.text.size() > 3000) continue;
    for (int i = 0; i < 60; ++i) {
      std::string text = mutate(file.text, random);
      Parsed parsed(text);
      if (parsed.diags.has_errors()) continue;
      ++good;
      std::string once = parsed.format();
      Parsed again(once);
      ASSERT_EQ(again.messages(), "") << text << "\n--- formatted:\n" << once;
      ASSERT_EQ(again.dump(), parsed.dump()) << text << "\n--- formatted:\n" << once;
      ASSERT_EQ(again.format(), once) << text;
    }
  }
  EXPECT_GT(good, 100u);
}

}  // namespace
}  // namespace tracer

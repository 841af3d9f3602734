#include <gtest/gtest.h>

#include "corpus.h"
#include "parse_text.h"

namespace tracer {
namespace {

TEST(FormatScript, CorpusIsLarge) { EXPECT_GE(corpus().size(), 60u); }

TEST(FormatScript, KeepsTheTreeOfEveryScript) {
  for (const CorpusFile& file : corpus()) {
    Parsed first(file.text);
    ASSERT_EQ(first.messages(), "") << file.name;
    Parsed second(first.format());
    ASSERT_EQ(second.messages(), "") << file.name << "\n" << first.format();
    EXPECT_EQ(first.dump(), second.dump()) << file.name << "\n" << first.format();
  }
}

TEST(FormatScript, ChangesNothingTheSecondTime) {
  for (const CorpusFile& file : corpus()) {
    std::string once = Parsed(file.text).format();
    EXPECT_EQ(once, Parsed(once).format()) << file.name;
  }
}

TEST(FormatScript, KeepsEveryComment) {
  for (const CorpusFile& file : corpus()) {
    Parsed first(file.text);
    Parsed second(first.format());
    EXPECT_GE(first.ast.script.comments.size(), second.ast.script.comments.size()) << file.name;
    for (const ast::Comment& comment : first.ast.script.comments) {
      std::string_view text = first.sources.text(comment.span);
      std::string word(text.substr(2, text.starts_with("/*") ? text.size() - 4 : text.npos));
      word.erase(0, word.find_first_not_of(" \t\r\n"));
      word = word.substr(0, word.find_first_of(" \t\r\n"));
      EXPECT_NE(first.format().find(word), std::string::npos) << file.name << ": " << text;
    }
  }
}

std::string format(std::string text) { return Parsed(std::move(text)).format(); }

TEST(FormatScript, PrintsTheCanonicalLayout) {
  EXPECT_EQ(format("kprobe:a,b /pid==1/ { if ($x) { print(1) ;} for($i:0..3) {@a[1,2]=(uint8)$x;} /* c */ }"),
            "kprobe:a,\n"
            "b\n"
            "/pid == 1/\n"
            "{\n"
            "  if $x {\n"
            "    print(1);\n"
            "  }\n"
            "  for $i : 0..3 {\n"
            "    @a[1, 2] = (uint8)$x;\n"
            "  } // c\n"
            "}\n");
}

TEST(FormatScript, PrintsConfigOneSettingALine) {
  EXPECT_EQ(format("config={a=0x10;b=\"x\"} begin{}"),
            "config = {\n  a = 0x10;\n  b = \"x\";\n}\n\nbegin\n{\n}\n");
}

TEST(FormatScript, KeepsAngleActions) {
  EXPECT_EQ(format("kprobe:tcp_connect < @c = count(); >"), "kprobe:tcp_connect\n<\n  @c = count();\n>\n");
}

TEST(FormatScript, PutsGreaterInAngleActionsInParentheses) {
  EXPECT_EQ(format("begin < $x = (a > b); $y = ((a >> 1)) + 2; f((a > b)); >"),
            "begin\n<\n  $x = (a > b);\n  $y = (a >> 1) + 2;\n  f(a > b);\n>\n");
}

struct Expression {
  const char* written;
  const char* printed;
};

TEST(FormatScript, PrintsTheFewestParentheses) {
  constexpr Expression kExpressions[] = {
      {"((1))", "1"},
      {"(1 + 2) * 3", "(1 + 2) * 3"},
      {"1 + (2 * 3)", "1 + 2 * 3"},
      {"(1 - 2) - 3", "1 - 2 - 3"},
      {"1 - (2 - 3)", "1 - (2 - 3)"},
      {"-(-$x)", "-(-$x)"},
      {"- --$x", "-(--$x)"},
      {"(*$p).x", "(*$p).x"},
      {"*($p.x)", "*$p.x"},
      {"((struct sock *)arg0).x", "((struct sock *)arg0).x"},
      {"(struct sock*)(arg0.x)", "(struct sock *)arg0.x"},
      {"(a ? b : c) ? 1 : 2", "(a ? b : c) ? 1 : 2"},
      {"a ? b : (c ? 1 : 2)", "a ? b : c ? 1 : 2"},
      {"(a == b) == c", "a == b == c"},
      {"(a) && (b || c)", "a && (b || c)"},
      {"(pid) * 2", "pid * 2"},
      {"(T)(++$x)", "(T)(++$x)"},
      {"(@m)[1]", "(@m)[1]"},
      {"@m[(1, 2)]", "@m[(1, 2)]"},
      {"sizeof((x))", "sizeof((x))"},
      {"sizeof((x + 1))", "sizeof(x + 1)"},
  };
  for (const Expression& e : kExpressions) {
    EXPECT_EQ(format(std::string("begin { $v = ") + e.written + "; }"),
              std::string("begin\n{\n  $v = ") + e.printed + ";\n}\n");
  }
}

TEST(FormatScript, NeverMakesACommentOfAFilter) {
  EXPECT_EQ(format("kprobe:f / *$p == 1/ { }"), "kprobe:f\n/ *$p == 1/\n{\n}\n");
}

}  // namespace
}  // namespace tracer

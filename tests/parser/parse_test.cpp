#include <gtest/gtest.h>

#include "parse_text.h"

namespace tracer {
namespace {

using ast::as;

const ast::Clause& clause(const Parsed& parsed, size_t i = 0) { return *parsed.ast.script.clauses.at(i); }

// Dump of the value in `begin { $v = TEXT; }`.
std::string value(const std::string& text) {
  Parsed parsed("begin { $v = " + text + "; }");
  EXPECT_EQ(parsed.messages(), "") << text;
  std::string dump = parsed.dump(), result;
  constexpr std::string_view kMark = "variable $v\n";
  size_t at = dump.find(kMark);
  if (at == dump.npos) return dump;
  for (at += kMark.size(); at < dump.size();) {
    size_t end = dump.find('\n', at);
    result += dump.substr(at + 8, end - at - 7);
    at = end + 1;
  }
  return result;
}

TEST(Parse, EmptyScriptIsNoError) {
  for (const char* text : {"", "\n\n", "// x", "/* x */", "#!/bin/x"}) {
    Parsed parsed(text);
    EXPECT_EQ(parsed.messages(), "");
    EXPECT_TRUE(parsed.ast.script.items.empty());
  }
}

TEST(Parse, AngleActionIsTheSameTreeAsBraces) {
  std::string braces = Parsed("kprobe:f /a/ { @c = count(); if b { c } else { d } }").dump();
  std::string angle = Parsed("kprobe:f /a/ < @c = count(); if b { c } else { d } >").dump();
  angle.replace(angle.find(" angle"), 6, "");
  EXPECT_EQ(braces, angle);
}

TEST(Parse, SplitsAttachPoints) {
  Parsed parsed("mine=uprobe:\"./my app\":\"ns::f(\\\"int)\", /bin/sh:main { }");
  ASSERT_EQ(parsed.messages(), "");
  const auto& points = clause(parsed).attach_points;
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0]->name, "mine");
  EXPECT_EQ(points[0]->text, "uprobe:\"./my app\":\"ns::f(\\\"int)\"");
  EXPECT_EQ(points[0]->parts, (std::vector<std::string>{"uprobe", "./my app", "ns::f(\"int)"}));
  EXPECT_EQ(points[0]->quoted, (std::vector<bool>{false, true, true}));
  EXPECT_EQ(parsed.sources.text(points[0]->part_spans[1]), "\"./my app\"");
  EXPECT_EQ(points[1]->parts, (std::vector<std::string>{"/bin/sh", "main"}));
}

TEST(Parse, FilterEndsBeforeTheActionOnly) {
  Parsed parsed("kprobe:f /a / 2 / b/ // {\n /* { */ { }");
  ASSERT_EQ(parsed.messages(), "");
  EXPECT_EQ(parsed.sources.text(clause(parsed).filter->span), "a / 2 / b");
}

TEST(Parse, GluedAngleBelongsToTheAttachPoint) {
  Parsed parsed("uprobe:./a:cpp:pick<int> < @ = 1; >");
  ASSERT_EQ(parsed.messages(), "");
  EXPECT_EQ(clause(parsed).attach_points[0]->parts[3], "pick<int>");
  EXPECT_TRUE(clause(parsed).angle);
}

TEST(Parse, CastOrParentheses) {
  EXPECT_EQ(value("(size_t) * $p"), "cast\n  type size_t\n  unary *\n    variable $p\n");
  EXPECT_EQ(value("(pid) * 2"), "binary *\n  identifier pid\n  int 2 = 2\n");
  EXPECT_EQ(value("(arg3) - 1"), "binary -\n  identifier arg3\n  int 1 = 1\n");
  EXPECT_EQ(value("(a) == 1"), "binary ==\n  identifier a\n  int 1 = 1\n");
  EXPECT_EQ(value("(struct sock *)a.b"), "cast\n  type struct sock *\n  field .b\n    identifier a\n");
  EXPECT_EQ(value("(int8[])$s"), "cast\n  type int8[]\n  variable $s\n");
}

TEST(Parse, TypesInSizeof) {
  EXPECT_EQ(value("sizeof(x)"), "sizeof\n  type x\n");
  EXPECT_EQ(value("sizeof((x))"), "sizeof\n  identifier x\n");
  EXPECT_EQ(value("sizeof(int32*[4])"), "sizeof\n  type int32*[4]\n");
  EXPECT_EQ(value("sizeof(x())"), "sizeof\n  call x\n");
}

TEST(Parse, Precedence) {
  EXPECT_EQ(value("a + b * c == d && e"),
            "binary &&\n  binary ==\n    binary +\n      identifier a\n      binary *\n        identifier b\n"
            "        identifier c\n    identifier d\n  identifier e\n");
  EXPECT_EQ(value("a - b - c"), "binary -\n  binary -\n    identifier a\n    identifier b\n  identifier c\n");
  EXPECT_EQ(value("-$x++"), "unary -\n  unary postfix ++\n    variable $x\n");
}

TEST(Parse, TupleOfKeysDiffersFromTupleKey) {
  EXPECT_EQ(value("@m[1, 2]"), "map @m\n  tuple of keys\n    int 1 = 1\n    int 2 = 2\n");
  EXPECT_EQ(value("@m[(1, 2)]"), "map @m\n  tuple\n    int 1 = 1\n    int 2 = 2\n");
}

TEST(Parse, IntegerForms) {
  struct Form {
    const char* text;
    uint64_t value;
  };
  constexpr Form kForms[] = {{"1_000_000", 1000000},
                             {"0755", 493},
                             {"0XFF_FF", 65535},
                             {"3e6", 3000000},
                             {"10ull", 10},
                             {"10UL", 10},
                             {"2m", 120000000000},
                             {"5ns", 5},
                             {"1d", 86400000000000},
                             {"18446744073709551615", UINT64_MAX},
                             {"0", 0},
                             {"00", 0}};
  for (const Form& form : kForms) {
    EXPECT_TRUE(value(form.text).ends_with(fmt::format("= {}\n", form.value))) << value(form.text);
  }
}

TEST(Parse, StringEscapes) {
  Parsed parsed("begin { $v = \"a\\n\\t\\r\\\"\\\\\\0\\101\\x41\\XfZ\"; }");
  ASSERT_EQ(parsed.messages(), "");
  const auto* assign = as<ast::Assign>(clause(parsed).body->statements.at(0));
  ASSERT_TRUE(assign);
  const auto* literal = as<ast::StringLiteral>(assign->value);
  ASSERT_TRUE(literal);
  EXPECT_EQ(literal->value, std::string("a\n\t\r\"\\\0AA\x0fZ", 11));
}

TEST(Parse, BlockAtStatementStartEndsTheStatement) {
  Parsed parsed("begin { if a { f(); } ++$x; { g(); } -1; }");
  ASSERT_EQ(parsed.messages(), "");
  EXPECT_EQ(clause(parsed).body->statements.size(), 4u);
}

TEST(Parse, LastExpressionIsTheValueOfABlock) {
  Parsed parsed("begin { f(); 1 } end { f(); 1; } begin { if a { 1 } else { 2 } } begin { if a { 1 } }");
  ASSERT_EQ(parsed.messages(), "");
  EXPECT_TRUE(clause(parsed, 0).body->value);
  EXPECT_FALSE(clause(parsed, 1).body->value);
  EXPECT_TRUE(clause(parsed, 2).body->value);
  EXPECT_FALSE(clause(parsed, 3).body->value);
}

TEST(Parse, ElseIfIsABlockWithAValue) {
  Parsed parsed("begin { if a { f(); } else if b { g(); } }");
  ASSERT_EQ(parsed.messages(), "");
  const auto* statement = as<ast::ExprStatement>(clause(parsed).body->statements.at(0));
  ASSERT_TRUE(statement);
  const auto* branch = as<ast::IfExpr>(statement->expr);
  ASSERT_TRUE(branch && branch->else_block && branch->else_if);
  EXPECT_TRUE(as<ast::IfExpr>(branch->else_block->value));
}

TEST(Parse, SpansAreExact) {
  Parsed parsed("begin { $v = f(1) + @m[2, 3].x; }");
  const auto* assign = as<ast::Assign>(clause(parsed).body->statements.at(0));
  const auto* sum = as<ast::Binary>(assign->value);
  ASSERT_TRUE(sum);
  EXPECT_EQ(parsed.sources.text(sum->span), "f(1) + @m[2, 3].x");
  EXPECT_EQ(parsed.sources.text(sum->op_span), "+");
  EXPECT_EQ(parsed.sources.text(sum->left->span), "f(1)");
  EXPECT_EQ(parsed.sources.text(sum->right->span), "@m[2, 3].x");
  EXPECT_EQ(parsed.sources.text(as<ast::FieldAccess>(sum->right)->object->span), "@m[2, 3]");
  EXPECT_EQ(parsed.sources.text(clause(parsed).body->span), "{ $v = f(1) + @m[2, 3].x; }");
}

TEST(Parse, CommentsKnowWhetherTheyHaveALine) {
  Parsed parsed("// a\nbegin { } // b\n  /* c */ end { }\n");
  const auto& comments = parsed.ast.script.comments;
  ASSERT_EQ(comments.size(), 3u);
  EXPECT_TRUE(comments[0].own_line);
  EXPECT_FALSE(comments[1].own_line);
  EXPECT_TRUE(comments[2].own_line);
  EXPECT_EQ(parsed.sources.text(comments[1].span), "// b");
}

TEST(Parse, CPreambleIsKeptAsText) {
  Parsed parsed(
      "#define A \\\n 1\nstruct s { char *x; /* } */ } __attribute__((packed));\nenum e { B }\nbegin { }");
  ASSERT_EQ(parsed.messages(), "");
  const auto& items = parsed.ast.script.c_items;
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0]->text, "#define A \\\n 1");
  EXPECT_EQ(items[1]->text, "struct s { char *x; /* } */ } __attribute__((packed));");
  EXPECT_EQ(items[2]->text, "enum e { B }");
}

TEST(Parse, SettingsKeepTheirKind) {
  Parsed parsed("config = { a = \"x y\"; b = 0x10; c = true; d = perf }");
  ASSERT_EQ(parsed.messages(), "");
  const auto& settings = parsed.ast.script.config->settings;
  ASSERT_EQ(settings.size(), 4u);
  EXPECT_EQ(settings[0]->value, "x y");
  EXPECT_TRUE(settings[0]->quoted);
  EXPECT_EQ(settings[1]->value, "16");
  EXPECT_EQ(settings[2]->value, "true");
  EXPECT_EQ(settings[3]->value, "perf");
}

}  // namespace
}  // namespace tracer

#include <gtest/gtest.h>

#include "script_run.h"

namespace tracer {
namespace {

struct ExpressionCase {
  const char* statements;  // before the expression is stored
  const char* expression;
  int64_t value;
};

void PrintTo(const ExpressionCase& test, std::ostream* out) {
  *out << test.statements << " " << test.expression;
}

class Expressions : public testing::TestWithParam<ExpressionCase> {};

TEST_P(Expressions, GiveTheirValue) {
  const ExpressionCase& test = GetParam();
  ScriptRun run(std::string("begin { ") + test.statements + " @r = " + test.expression + "; }");
  EXPECT_EQ(run.number("@r"), test.value);
}

// Variables keep constants from being folded before they get here.
INSTANTIATE_TEST_SUITE_P(
    Arithmetic, Expressions,
    testing::Values(
        ExpressionCase{"$a = 7; $b = 3;", "$a + $b * 2", 13},
        ExpressionCase{"$a = -7; $b = 2;", "$a / $b", -3}, ExpressionCase{"$a = -7; $b = 2;", "$a % $b", -1},
        ExpressionCase{"$a = 7; $b = -2;", "$a % $b", 1}, ExpressionCase{"$a = 7; $b = -2;", "$a / $b", -3},
        ExpressionCase{"$a = (uint64)18446744073709551615; $b = (uint64)2;", "$a / $b", 9223372036854775807},
        ExpressionCase{"$a = 7; $b = 0;", "$a / $b", 1}, ExpressionCase{"$a = 7; $b = 0;", "$a % $b", 1},
        ExpressionCase{"$a = -8; $b = 1;", "$a >> $b", -4},
        ExpressionCase{"$a = (uint64)8; $b = (uint64)65;", "$a >> $b", 4},
        ExpressionCase{"$a = 1; $b = 70;", "$a << $b", 64}, ExpressionCase{"$a = 6;", "-$a", -6},
        ExpressionCase{"$a = 6;", "~$a", -7},
        ExpressionCase{"$a = 12; $b = 10;", "($a & $b) | ($a ^ $b)", 14}));

INSTANTIATE_TEST_SUITE_P(Conversions, Expressions,
                         testing::Values(ExpressionCase{"$a = 300;", "(uint8)$a", 44},
                                         ExpressionCase{"$a = 200;", "(int8)$a", -56},
                                         ExpressionCase{"$a = -1;", "(uint32)$a", 4294967295},
                                         ExpressionCase{"$a = 5;", "(bool)$a", 1},
                                         ExpressionCase{"$a = (uint32)4294967295;", "(int64)$a", 4294967295},
                                         ExpressionCase{"let $a: uint8 = 255; $a++;", "$a", 0}));

INSTANTIATE_TEST_SUITE_P(
    Conditions, Expressions,
    testing::Values(ExpressionCase{"$a = -1; $b = 1;", "$a < $b", 1},
                    ExpressionCase{"$a = (uint64)18446744073709551615; $b = (uint64)1;", "$a < $b", 0},
                    ExpressionCase{"$a = 5;", "$a > 3 ? 10 : 20", 10},
                    ExpressionCase{"$a = 0;", "$a ?: 9", 9}, ExpressionCase{"$a = 4;", "$a ?: 9", 4},
                    ExpressionCase{"$a = 0; $n = 0;", "$a && ($n++ > 0)", 0},
                    ExpressionCase{"$a = 1;", "!$a || $a == 1", 1},
                    ExpressionCase{"$a = 5;", "if ($a == 5) { 1 } else { 2 }", 1},
                    ExpressionCase{"$a = 5;", "{ let $b = $a * 2; $b + 1 }", 11}));

INSTANTIATE_TEST_SUITE_P(
    Strings, Expressions,
    testing::Values(ExpressionCase{"$s = \"abc\";", "$s == \"abc\"", 1},
                    ExpressionCase{"$s = \"abc\";", "$s == \"abd\"", 0},
                    ExpressionCase{"$s = \"abc\";", "$s == \"ab\"", 0},
                    ExpressionCase{"$s = \"abcdefgh\"; $t = \"abcdefgh\";", "$s == $t", 1},
                    ExpressionCase{"$s = \"abcdefghi\"; $t = \"abcdefghj\";", "$s != $t", 1},
                    ExpressionCase{"$s = \"abcdefghijklm\"; $s = \"x\"; $t = \"x\";", "$s == $t", 1},
                    ExpressionCase{"$s = \"abc\"; $i = 1;", "$s[$i]", 'b'},
                    ExpressionCase{"$s = \"abc\"; $i = 9;", "$s[$i]", 0},
                    ExpressionCase{"", "comm == \"no such name\"", 0}));

INSTANTIATE_TEST_SUITE_P(Tuples, Expressions,
                         testing::Values(ExpressionCase{"$t = (1, \"ab\", -5);", "$t.2", -5},
                                         ExpressionCase{"$t = (1, \"ab\", -5);", "$t.1 == \"ab\"", 1},
                                         ExpressionCase{"$t = (1, (7, 8));", "$t.1.1", 8},
                                         ExpressionCase{"$t = (1, \"ab\"); $u = (1, \"ab\");", "$t == $u", 1},
                                         ExpressionCase{"$t = (1, \"ab\"); $u = (1, \"ac\");", "$t == $u",
                                                        0}));

INSTANTIATE_TEST_SUITE_P(
    Loops, Expressions,
    testing::Values(ExpressionCase{"$n = 0; for ($i : 0..10) { $n += $i; }", "$n", 45},
                    ExpressionCase{"$n = 0; for ($i : 5..5) { $n++; }", "$n", 0},
                    ExpressionCase{"$n = 0; for ($i : 5..2) { $n++; }", "$n", 0},
                    ExpressionCase{"$n = 0; $a = -3; for ($i : $a..3) { $n += $i; }", "$n", -3},
                    ExpressionCase{"$n = 0; for ($i : 0..10) { if ($i == 4) { break; } $n++; }", "$n", 4},
                    ExpressionCase{"$n = 0; for ($i : 0..10) { if ($i % 2) { continue; } $n++; }", "$n", 5},
                    ExpressionCase{"$n = 0; for ($i : 0..4) { for ($j : 0..$i) { $n += 10 * $i + $j; } }",
                                   "$n", 10 + 20 + 21 + 30 + 31 + 32},
                    ExpressionCase{"$n = 0; unroll(5) { $n += 2; }", "$n", 10}));

TEST(Statements, ReturnInsideALoopEndsTheClause) {
  ScriptRun run(
      "begin { @a = 1; for ($i : 0..10) { for ($j : 0..10) { @n = $i * 10 + $j; if ($j == 3) { return; } } } "
      "@a = 2; }");
  EXPECT_EQ(run.number("@a"), 1);
  EXPECT_EQ(run.number("@n"), 3);
}

TEST(Statements, FilterDecides) {
  ScriptRun run("begin /1 == 2/ { @a = 1; } begin /1 == 1/ { @b = 1; }");
  EXPECT_TRUE(run.entries("@a").empty());
  EXPECT_EQ(run.number("@b"), 1);
}

TEST(Counters, DivisionByZeroIsCounted) {
  ScriptRun run("begin { $z = 0; @a = 1 / $z; @a = 5 % $z; }");
  EXPECT_EQ(run.counted(CounterKind::DivideByZero), 2u);
}

TEST(Counters, FullMapsAreCounted) {
  ScriptRun run("let @m = hash(2); begin { for ($i : 0..5) { @m[$i] = 1; } }");
  EXPECT_EQ(run.entries("@m").size(), 2u);
  EXPECT_EQ(run.counted(CounterKind::MapFull), 3u);
}

TEST(Maps, IncrementsGiveTheValueBeforeOrAfter) {
  ScriptRun run("begin { @n = 5; @a = @n++; @b = ++@n; @c = @n--; @k[1]++; @k[1] += 4; @d = @k[1]; }");
  EXPECT_EQ(run.number("@a"), 5);
  EXPECT_EQ(run.number("@b"), 7);
  EXPECT_EQ(run.number("@c"), 7);
  EXPECT_EQ(run.number("@n"), 6);
  EXPECT_EQ(run.number("@d"), 5);
}

TEST(Maps, CompoundAssignments) {
  ScriptRun run(
      "begin { @a = 10; @a -= 3; @b = 7; @b *= 6; @c = 12; @c &= 10; @d = 1; @d <<= 4; @e = -9; @e /= 2; }");
  EXPECT_EQ(run.number("@a"), 7);
  EXPECT_EQ(run.number("@b"), 42);
  EXPECT_EQ(run.number("@c"), 8);
  EXPECT_EQ(run.number("@d"), 16);
  EXPECT_EQ(run.number("@e"), -4);
}

TEST(Maps, KeysArePaddedWithZeros) {
  ScriptRun run(
      "begin { @m[(int8)-1, \"ab\", (int64)7] = 1; @m[-1, \"ab\", 7] = 2; @s[\"longer\"] = 1; @s[\"x\"] = 2; "
      "}");
  EXPECT_EQ(run.entries("@m").size(), 1u);
  auto found = run.entries("@s");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found.begin()->first.substr(0, 7), "longer" + std::string(1, '\0'));
  EXPECT_EQ(found.rbegin()->first, "x" + std::string(found.rbegin()->first.size() - 1, '\0'));
}

TEST(Maps, MissingKeysReadAsZero) {
  ScriptRun run("begin { @m[1] = 5; @a = @m[2]; @s[1] = \"abc\"; @t = @s[2]; @b = @s[1] == \"abc\"; }");
  EXPECT_EQ(run.number("@a"), 0);
  EXPECT_EQ(run.string("@t"), "");
  EXPECT_EQ(run.number("@b"), 1);
  EXPECT_EQ(run.entries("@m").size(), 1u);
}

TEST(Maps, DeleteHasKeyLen) {
  ScriptRun run(
      "begin { @m[1] = 1; @m[2] = 2; @a = has_key(@m, 1); @b = delete(@m, 1); @c = has_key(@m, 1);"
      " @d = delete(@m, 1); @e = len(@m); }");
  EXPECT_EQ(run.number("@a"), 1);
  EXPECT_EQ(run.number("@b"), 1);
  EXPECT_EQ(run.number("@c"), 0);
  EXPECT_EQ(run.number("@d"), 0);
  EXPECT_EQ(run.number("@e"), 1);
}

TEST(Maps, AggregationsCombine) {
  ScriptRun run(
      "begin { for ($i : 1..5) { @c = count(); @s = sum($i); @min = min(-$i); @max = max($i * 3); @a = "
      "avg($i); }"
      " @rc = (int64)@c; @rs = (int64)@s; @rmin = (int64)@min; @rmax = (int64)@max; @ra = (int64)@a; @k[1] = "
      "count();"
      " @none = (int64)@k[7]; }");
  EXPECT_EQ(run.number("@rc"), 4);
  EXPECT_EQ(run.number("@rs"), 10);
  EXPECT_EQ(run.number("@rmin"), -4);
  EXPECT_EQ(run.number("@rmax"), 12);
  EXPECT_EQ(run.number("@ra"), 2);
  EXPECT_EQ(run.number("@none"), 0);
}

struct BucketCase {
  const char* call;  // with $n
  const char* value;
  uint64_t bucket;
};

void PrintTo(const BucketCase& test, std::ostream* out) { *out << test.call << " of " << test.value; }

class Buckets : public testing::TestWithParam<BucketCase> {};

// LANGUAGE 5.4, 5.5.
TEST_P(Buckets, AreFound) {
  const BucketCase& test = GetParam();
  ScriptRun run(std::string("begin { $n = ") + test.value + "; @h = " + test.call + "; }");
  auto found = run.entries("@h");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(ScriptRun::integer(found.begin()->first, 0, 8, false), int64_t(test.bucket));
}

INSTANTIATE_TEST_SUITE_P(
    All, Buckets,
    testing::Values(
        BucketCase{"hist($n)", "-5", 0}, BucketCase{"hist($n)", "0", 1}, BucketCase{"hist($n)", "1", 2},
        BucketCase{"hist($n)", "2", 3}, BucketCase{"hist($n)", "3", 3}, BucketCase{"hist($n)", "4", 4},
        BucketCase{"hist($n)", "9223372036854775807", 64},
        BucketCase{"hist($n)", "(uint64)18446744073709551615", 0}, BucketCase{"hist($n, 2)", "3", 4},
        BucketCase{"hist($n, 2)", "4", 5}, BucketCase{"hist($n, 2)", "100", 23},
        BucketCase{"hist($n, 5)", "31", 32}, BucketCase{"hist($n, 5)", "64", 65},
        BucketCase{"lhist($n, 10, 50, 10)", "9", 0}, BucketCase{"lhist($n, 10, 50, 10)", "-9", 0},
        BucketCase{"lhist($n, 10, 50, 10)", "10", 1}, BucketCase{"lhist($n, 10, 50, 10)", "49", 4},
        BucketCase{"lhist($n, 10, 50, 10)", "50", 5}, BucketCase{"lhist($n, 10, 50, 10)", "51", 5}));

TEST(Events, PrintfLaysItsArgumentsOut) {
  ScriptRun run("begin { $a = -2; printf(\"%d %s %d\\n\", $a, \"hello\", (uint8)200); }");
  ASSERT_EQ(run.records.size(), 1u);
  const EventPlan& event = run.plan.events.at(0);
  const std::string& record = run.records[0];
  ASSERT_EQ(record.size(), event.size);
  EXPECT_EQ(ScriptRun::integer(record, 0, 4, false), 0);
  EXPECT_EQ(ScriptRun::integer(record, 4, 4, false), 0);
  const Field& number = event.arguments.at(0);
  EXPECT_EQ(ScriptRun::integer(record, number.offset, number.type.size, number.type.is_signed), -2);
  EXPECT_STREQ(record.c_str() + event.arguments.at(1).offset, "hello");
  EXPECT_EQ(ScriptRun::integer(record, event.arguments.at(2).offset, 1, false), 200);
}

TEST(Events, ExitEndsTheClauseAndComesAfterItsOutput) {
  ScriptRun run("begin { printf(\"x\"); exit(3); @never = 1; }");
  EXPECT_TRUE(run.entries("@never").empty());
  ASSERT_EQ(run.records.size(), 2u);
  EXPECT_EQ(run.plan.events.at(ScriptRun::integer(run.records[1], 0, 4, false)).kind, EventKind::Exit);
  EXPECT_EQ(ScriptRun::integer(run.records[1], kControlHeaderSize, 8, true), 3);
}

// However many requests wait: exit() still has room.
TEST(Events, RequestsLeaveRoomForExit) {
  ScriptRun run("begin { @m[1] = 1; for ($i : 0..50000) { print(@m); } exit(); }");
  ASSERT_FALSE(run.records.empty());
  EXPECT_EQ(run.plan.events.at(ScriptRun::integer(run.records.back(), 0, 4, false)).kind, EventKind::Exit);
  EXPECT_EQ(run.counted(CounterKind::LostControl), 50000 - (run.records.size() - 1));
  EXPECT_GT(run.counted(CounterKind::LostControl), 0u);
}

// What an argument changes is done even when there is no room for the record.
TEST(Events, ArgumentsWithEffectsAreAlwaysEvaluated) {
  ScriptRun run("config = { perf_rb_pages = 1 } begin { for ($i : 0..100000) { printf(\"%d\", @n++); } }");
  EXPECT_EQ(run.number("@n"), 100000);
  EXPECT_EQ(run.counted(CounterKind::LostEvent), 100000 - run.records.size());
  EXPECT_GT(run.counted(CounterKind::LostEvent), 0u);
}

TEST(Memory, ManyVariables) {
  std::string script = "begin { ", sum = "0";
  for (int i = 0; i < 60; i++) {
    std::string name = "$v" + std::to_string(i);
    script += name + " = " + std::to_string(i) + "; ";
    sum += " + " + name;
  }
  ScriptRun run(script + "@r = " + sum + "; }");
  EXPECT_EQ(run.number("@r"), 60 * 59 / 2);
}

TEST(Memory, LargeValuesDoNotNeedTheStack) {
  std::string script = "begin { $s0 = str(0); ";
  for (int i = 1; i < 12; i++) {
    std::string n = std::to_string(i), before = std::to_string(i - 1);
    script += "$s" + n + " = $s" + before + "; @m[$s" + n + ", " + n + "] = $s" + before + "; ";
  }
  ScriptRun run(script + "@done = 1; }");
  EXPECT_EQ(run.number("@done"), 1);
  EXPECT_EQ(run.entries("@m").size(), 11u);
}

}  // namespace
}  // namespace tracer

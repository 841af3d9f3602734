// What is wrong with a script: script and first message.
#include <gtest/gtest.h>

#include "check_fixture.h"

namespace tracer::ast {
namespace {

struct Case {
  const char* script;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const Case& each) { return out << each.script; }

class Messages : public testing::TestWithParam<Case> {};

TEST_P(Messages, FirstMessage) {
  const auto checked = check_script(GetParam().script);
  EXPECT_EQ(checked->first_message(), GetParam().message) << GetParam().script;
}

const Case kConfig[] = {
    {"config = { bogus = 1 } begin { }", "ERROR: bogus: not a known configuration option"},
    {"config = { max_strlen = abc } begin { }", "ERROR: max_strlen: expecting a number, got abc"},
    {"config = { cpp_demangle = maybe } begin { }",
     "ERROR: cpp_demangle: Invalid bool value: valid values are true, false, 1 or 0."},
    {"config = { missing_probes = x } begin { }",
     "ERROR: missing_probes: Invalid value for missing_probes: valid values are ignore, warn, and error."},
    {"config = { btf = x } begin { }", "ERROR: btf can only be set as an environment variable"},
    {"config = { symbol_source = x } begin { }", "WARNING: symbol_source is deprecated and has no effect"},
    {"config = { strlen = 64 } begin { }", "WARNING: strlen has been renamed, please use max_strlen"},
    {"config = { max_map_keys = 99999999999 } begin { }", "ERROR: max_map_keys: 99999999999 is too large"},
};
INSTANTIATE_TEST_SUITE_P(Config, Messages, testing::ValuesIn(kConfig));

const Case kNames[] = {
    {"begin { print(pidd); }", "ERROR: Unknown identifier: 'pidd'"},
    {"begin { fooo(1); }", "ERROR: Unknown function: 'fooo'"},
    {"begin { print(count); }", "ERROR: `count` is a function"},
    {"begin { @ = lhist(1, 2, 3); }", "ERROR: lhist() requires 4 arguments (3 provided)"},
    {"begin { @ = sum(); }", "ERROR: sum() requires 1 argument (0 provided)"},
    {"begin { @ = hist(); }", "ERROR: hist() requires at least 1 argument (0 provided)"},
    {"begin { exit(1, 2); }", "ERROR: exit() takes up to 1 argument (2 provided)"},
    {"begin { print(uid(1)); }", "ERROR: uid() takes no arguments (1 provided)"},
    {"begin { @ = 1; print(@, 1, 2, 3); }", "ERROR: print() takes up to 3 arguments (4 provided)"},
    {"begin { system(\"ls\"); }", "ERROR: system() is an unsafe function being used in safe mode"},
};
INSTANTIATE_TEST_SUITE_P(Names, Messages, testing::ValuesIn(kNames));

const Case kVariables[] = {
    {"begin { print($x); }", "ERROR: Undefined or undeclared variable: $x"},
    {"begin { $x++; }", "ERROR: Undefined or undeclared variable: $x"},
    {"begin { { $x = 1; } print($x); }", "ERROR: Undefined or undeclared variable: $x"},
    {"begin { $x = 1; { let $x = 2; } }",
     "ERROR: variable $x was already declared; variables cannot be shadowed"},
    {"begin { $i = 1; for ($i : 0..3) { } }",
     "ERROR: variable $i was already declared; variables cannot be shadowed"},
    {"begin { let $x; }", "WARNING: variable $x is never assigned"},
    {"begin { let $x; print($x); $x = 1; }",
     "WARNING: variable $x is read before anything was assigned to it; it is zero here"},
    {"begin { $x = 1; $x = \"a\"; }",
     "ERROR: Type mismatch for $x: trying to assign value of type 'string[2]' when variable already has a "
     "type 'int8'"},
    {"begin { let $c: uint16 = -1; }", "ERROR: the value does not fit into uint16"},
    {"begin { $m = -1; let $c: uint16 = $m; }",
     "WARNING: Expression of type: int8 being cast to type: uint16; the value may change"},
    {"begin { let $s: string[4] = \"abcdef\"; }",
     "ERROR: Type mismatch for $s: trying to assign value of type 'string[7]' when variable already has a "
     "type "
     "'string[4]'"},
    {"begin { let $s: nosuch = 1; }", "ERROR: Cannot resolve unknown type \"nosuch\""},
};
INSTANTIATE_TEST_SUITE_P(Variables, Messages, testing::ValuesIn(kVariables));

const Case kMaps[] = {
    {"begin { @m = 1; @m[1] = 2; }",
     "ERROR: @m used as a map with an explicit key (non-scalar map), previously used without an explicit key "
     "(scalar "
     "map)"},
    {"begin { @m[1] = 1; @m = 2; }",
     "ERROR: @m used as a map without an explicit key (scalar map), previously used with an explicit key "
     "(non-scalar "
     "map)"},
    {"begin { print(@m); }", "ERROR: Undefined map: @m"},
    {"begin { @m = 1; @m = \"a\"; }",
     "ERROR: Type mismatch for @m: trying to assign value of type 'string[2]' when map already has a type "
     "'int8'"},
    {"begin { @m = 1; @m = count(); }",
     "ERROR: Type mismatch for @m: trying to assign value of type 'count_t' when map already has a type "
     "'int8'"},
    {"begin { @m[1] = 1; @m[1, 2] = 1; }",
     "ERROR: Argument mismatch for @m: trying to access with arguments: '(int8,int8)' when map expects "
     "arguments: "
     "'int8'"},
    {"begin { @a = count(); @b = @a; }",
     "ERROR: Map value 'count_t' cannot be assigned from one map to another."},
    {"begin { $x = sum(1); }", "ERROR: sum() must be assigned directly to a map"},
    {"begin { @m = 1 + count(); }", "ERROR: count() must be assigned directly to a map"},
    {"begin { @s = stats(1); $x = @s; }", "ERROR: a value of type stats_t cannot be stored"},
    {"begin { clear(1); }", "ERROR: clear() expects a map"},
    {"begin { @m[1] = 1; zero(@m[1]); }", "ERROR: zero() expects a whole map, not the value of a key"},
    {"begin { @m[1] = 1; delete(@m); }", "ERROR: delete() of @m needs a key"},
    {"begin { @m = 1; print(len(@m)); }", "ERROR: len() of @m, a map without keys"},
    {"begin { print(len(1)); }", "ERROR: len() expects a map or a stack, found int8"},
    {"let @m = percpuhash(5); begin { @m[1] = 1; }",
     "ERROR: Incompatible map types. Type from declaration: percpuhash. Type from value/key type: hash"},
    {"let @m = hash(5); begin { @m[1] = count(); }",
     "ERROR: Incompatible map types. Type from declaration: hash. Type from value/key type: percpuhash"},
    {"let @m = hash(5); begin { }", "WARNING: map @m is declared and never used"},
    {"let @m = hash(5); let @m = hash(6); begin { @m[1] = 1; }", "ERROR: map @m was already declared"},
    {"begin { @h = hist(1); print(@h == 1); }", "ERROR: Type mismatch for '==': comparing hist_t with int8"},
    {"begin { @h[1] = hist(1); print(@h[1]); }", "ERROR: a value of type hist_t cannot be printed"},
    {"begin { @h = hist(1); @k[@h] = 1; }", "ERROR: a value of type hist_t cannot be a key"},
    {"begin { @h = hist(1, 6); }", "ERROR: hist() takes 0 to 5 bits (6 given)"},
    {"begin { @h = hist(1, 1); @h = hist(1, 2); }", "ERROR: Different bits in a single hist unsupported"},
    {"begin { @h = lhist(1, 0, 10, 1); @h = lhist(1, 0, 20, 1); }",
     "ERROR: Different lhist bounds in a single map unsupported"},
    {"begin { @h = lhist(1, 10, 0, 1); }", "ERROR: lhist() min must be less than max (10 and 0 given)"},
    {"begin { @h = lhist(1, 0, 10, 0); }", "ERROR: lhist() step must be at least 1"},
    {"begin { @h = lhist(1, 0, 10, 20); }", "ERROR: lhist() step 20 is larger than the range 10"},
    {"begin { @h = lhist(1, 0, 100000, 1); }", "ERROR: lhist() would have 100000 buckets; 1000 are possible"},
    {"begin { @h = lhist(1, 0, -1, 1); }", "ERROR: lhist() does not take a negative number (-1)"},
    {"begin { @h = lhist(1, 0, pid, 1); }", "ERROR: lhist() expects an integer literal (int provided)"},
    {"begin { @s = sum(\"a\"); }", "ERROR: sum() expects an integer, found string[2]"},
};
INSTANTIATE_TEST_SUITE_P(Maps, Messages, testing::ValuesIn(kMaps));

const Case kOperators[] = {
    {"begin { print(1 / 0); }", "ERROR: unable to fold literals: division by zero"},
    {"begin { print(1 << 64); }", "ERROR: unable to fold literals: shift count is not between 0 and 63"},
    {"begin { print(0xffffffffffffffff + 1); }",
     "ERROR: unable to fold literals due to overflow or underflow"},
    {"begin { print(-9223372036854775808 - 1); }",
     "ERROR: unable to fold literals due to overflow or underflow"},
    {"begin { print(pid == \"a\"); }", "ERROR: Type mismatch for '==': comparing uint32 with string[2]"},
    {"begin { print(comm < comm); }",
     "ERROR: The < operator can not be used on expressions of types string[16], string[16]"},
    {"begin { print(comm + 1); }",
     "ERROR: The + operator can not be used on expressions of types string[16], int8"},
    {"begin { print(-comm); }", "ERROR: The - operator can not be used on an expression of type string[16]"},
    {"begin { if (comm) { } }", "ERROR: Invalid condition: string[16]"},
    {"begin /comm/ { }", "ERROR: Invalid condition: string[16]"},
    {"begin { print(pid ? 1 : \"a\"); }",
     "ERROR: Branches must return the same type or compatible types: have 'int8' and 'string[2]'"},
    {"begin { $x = pid; $x += \"a\"; }",
     "ERROR: The += operator can not be used on expressions of types uint32, "
     "string[2]"},
    {"begin { $s = \"a\"; $s++; }",
     "ERROR: The ++ operator can not be used on an expression of type string[2]"},
    {"begin { $a = nsecs; $b = (int64)nsecs; print($a < $b); }",
     "WARNING: operands of `<` have different signs: uint64 and int64"},
    {"begin { print(*comm); }", "ERROR: cannot dereference an expression of type 'string[16]'"},
    {"begin { print(*(void *)0); }", "ERROR: what a `void *` points to cannot be read"},
    {"begin { print(comptime pid); }", "ERROR: the value is not known at compile time"},
};
INSTANTIATE_TEST_SUITE_P(Operators, Messages, testing::ValuesIn(kOperators));

const Case kAccess[] = {
    {"begin { $t = (1, 2); print($t.5); }",
     "ERROR: tuple index 5 is out of bounds: '(int8,int8)' has 2 elements"},
    {"begin { print(pid.0); }",
     "ERROR: cannot access element 0 of an expression of type 'uint32', which is no tuple"},
    {"begin { $t = (1, 2); print($t[pid]); }", "ERROR: the index of a tuple must be a literal"},
    {"begin { print(pid.x); }", "ERROR: cannot access field 'x' of an expression of type 'uint32'"},
    {"begin { print(pid[1]); }",
     "ERROR: The array index operator [] can not be used on an expression of type 'uint32'"},
    {"begin { print(comm[16]); }", "ERROR: index 16 is out of bounds for 'string[16]'"},
    {"begin { print(comm[-1]); }", "ERROR: index -1 is negative"},
    {"begin { print(comm[\"a\"]); }", "ERROR: an index must be an integer, found string[2]"},
    {"begin { print((string[2])comm); }",
     "ERROR: Cannot cast from \"string[16]\" to \"string[2]\", which is smaller"},
    {"begin { print((int64)comm); }", "ERROR: Cannot cast from \"string[16]\" to \"int64\""},
    {"begin { $t = (print(1), 2); }", "ERROR: this has no value"},
};
INSTANTIATE_TEST_SUITE_P(Access, Messages, testing::ValuesIn(kAccess));

const Case kBuiltins[] = {
    {"begin { print(func); }", "ERROR: The func builtin can not be used with 'begin' probes"},
    {"begin { print(arg0); }", "ERROR: The arg0 builtin can not be used with 'begin' probes"},
    {"begin { print(retval); }", "ERROR: The retval builtin can not be used with 'begin' probes"},
    {"begin { print(args.x); }", "ERROR: args is not known in begin: `begin` probes have no `args`"},
    {"kprobe:vfs_read { print(arg77); }", "ERROR: arg77 does not exist: kprobe has arg0 to arg5"},
    {"tracepoint:sched:one { print(args.pidd); }",
     "ERROR: tracepoint:sched:one has no argument named 'pidd'"},
    {"tracepoint:sched:one { print(arg0); }",
     "ERROR: The arg0 builtin can not be used with 'tracepoint' probes"},
    {"tracepoint:sched:* { print(args.extra); }",
     "ERROR: tracepoint:sched:one has no argument named 'extra'"},
    {"begin { print(kstack(0)); }", "ERROR: kstack() takes 1 to 1024 frames (0 given)"},
    {"begin { print(kstack(build_id)); }", "ERROR: kstack() has no mode build_id"},
    {"begin { print(kstack(perf, 3, 4)); }", "ERROR: kstack() takes up to 2 arguments (3 provided)"},
    {"begin { print(nsecs(5)); }", "ERROR: nsecs() expects a clock: boot, monotonic or tai"},
    {"begin { print(strftime(\"%H\", nsecs(monotonic))); }",
     "ERROR: strftime() can not take a monotonic timestamp"},
    {"begin { print(strftime(1, nsecs)); }", "ERROR: strftime() expects a string literal (int provided)"},
    {"begin { print(str(true)); }",
     "ERROR: str() expects a pointer, an integer or an array of bytes, found bool"},
    {"begin { print(ksym(comm)); }", "ERROR: ksym() expects an integer or a pointer, found string[16]"},
    {"begin { print(1, 2); }", "ERROR: print() of a value takes one argument"},
    {"begin { @ = 1; print(@, 1, 0); }", "ERROR: print() cannot divide by zero"},
    {"begin { print(print(1)); }", "ERROR: this has no value"},
    {"begin { print(()); }", "ERROR: a value of type () cannot be printed"},
};
INSTANTIATE_TEST_SUITE_P(BuiltinUse, Messages, testing::ValuesIn(kBuiltins));

const Case kFormats[] = {
    {"begin { printf(\"%d %d\", 1); }",
     "ERROR: not enough arguments for format string (1 supplied, 2 expected)"},
    {"begin { printf(\"%d\", 1, 2); }",
     "ERROR: too many arguments for format string (2 supplied, 1 expected)"},
    {"begin { printf(\"%d\", \"a\"); }", "ERROR: unsupported format specifier for type 'string[2]': d"},
    {"begin { printf(1); }", "ERROR: printf() expects a string literal (int provided)"},
    {"begin { @a = avg(1); printf(\"%d\", @a); }", "ERROR: unsupported format specifier for type 'avg_t': d"},
};
INSTANTIATE_TEST_SUITE_P(Formats, Messages, testing::ValuesIn(kFormats));

const Case kFlow[] = {
    {"begin { if (pid) { 1 } else { comm } }", ""},
    {"begin { $x = if (pid) { 1 } else { comm }; }",
     "ERROR: Branches must return the same type or compatible types: have 'int8' and 'string[16]'"},
    {"begin { $x = if (pid) { print(1); } else { 1 }; }", "ERROR: this has no value"},
    {"begin { break; }", "ERROR: break outside of a loop"},
    {"begin { continue; }", "ERROR: continue outside of a loop"},
    {"begin { for ($i : 0..3) { exit(); } }", "ERROR: exit() is not allowed in the body of a for loop"},
    {"kprobe:vfs_read { for ($i : 0..3) { print(arg0); } }",
     "ERROR: arg0 is not available in the body of a for loop"},
    {"begin { if (pid) { return 1; } return; }",
     "ERROR: return with a value and without one in the same clause"},
    {"begin { return comm; }", "ERROR: return expects an integer, found string[16]"},
    {"begin { return; print(1); }", "WARNING: Unreachable statement."},
    {"begin { exit(); print(1); }", "WARNING: Unreachable statement."},
    {"begin { pid + 1; print(1); }", "WARNING: Return value discarded."},
    {"begin { unroll(101) { print(1); } }", "ERROR: unroll() takes 1 to 100 copies (101 given)"},
    {"begin { unroll(pid) { print(1); } }", "ERROR: unroll() expects a literal"},
    {"begin { for ($i : 0..comm) { } }", "ERROR: the bounds of a range must be integers, found string[16]"},
};
INSTANTIATE_TEST_SUITE_P(Flow, Messages, testing::ValuesIn(kFlow));

// ---------------------------------------------------------------- more than the first message

TEST(Hints, NameTheNearest) {
  struct {
    const char* script;
    const char* hint;
  } cases[] = {
      {"begin { print(elapse); }", "did you mean `elapsed`?"},
      {"begin { printff(\"a\"); }", "did you mean `printf`?"},
      {"begin { $count = 1; print($cuont); }", "did you mean `$count`?"},
      {"begin { @total = 1; print(@totl); }", "did you mean `@total`?"},
      {"config = { max_strln = 5 } begin { }", "did you mean `max_strlen`?"},
      {"tracepoint:sched:one { print(args.comn); }", "did you mean `comm`?"},
      {"begin { let $x: uinnt64 = 1; }", "did you mean `uint64`?"},
  };
  for (const auto& each : cases) {
    const auto checked = check_script(each.script);
    ASSERT_FALSE(checked->diags.all().empty()) << each.script;
    ASSERT_FALSE(checked->diags.all()[0].hints.empty()) << each.script;
    const std::string& hint = checked->diags.all()[0].hints[0];
    EXPECT_EQ(hint, each.hint) << each.script;
  }
}

TEST(Notes, ConflictsShowBothPlaces) {
  for (const char* script :
       {"begin { @m = 1; @m[1] = 2; }", "begin { @m[1] = 1; @m[1, 2] = 1; }", "begin { $x = 1; $x = \"a\"; }",
        "begin { $x = 1; { let $x = 1; } }", "begin { @h = hist(1, 1); @h = hist(1, 2); }"}) {
    const auto checked = check_script(script);
    ASSERT_FALSE(checked->diags.all().empty()) << script;
    EXPECT_EQ(checked->diags.all()[0].notes.size(), 1u) << script;
  }
}

TEST(Errors, SeveralAreReportedInOneRun) {
  const auto checked = check_script("begin { print(pidd); print($x); foo(); @a = 1; @a = comm; }");
  EXPECT_EQ(checked->diags.error_count(), 4u);
}

TEST(Errors, AFailedNodeIsReportedOnce) {
  const auto checked = check_script("begin { $y = nosuch + 1; @m[$y] = $y * 2; printf(\"%d %s\", $y, $y); }");
  EXPECT_EQ(checked->diags.all().size(), 1u) << checked->messages().back();
}

TEST(UserSession, RefusesProbesOfTheKernel) {
  CheckOptions options;
  options.user_session = true;
  EXPECT_EQ(check_script("kprobe:vfs_read { }", options)->first_message(),
            "ERROR: `kprobe` needs a kernel session");
  EXPECT_TRUE(check_script("begin { exit(); } interval:s:1 { } end { }", options)->diags.all().empty());
}

}  // namespace
}  // namespace tracer::ast

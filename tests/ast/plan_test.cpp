// Programs, records and counters of the Plan.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "ast/passes/walk.h"
#include "check_fixture.h"

namespace tracer::ast {
namespace {

const Plan& plan_of(const Checked& checked) { return checked.script.plan; }

size_t count_of(const Plan& plan, CounterKind kind) {
  size_t count = 0;
  for (const CounterPlan& each : plan.counters) count += each.kind == kind;
  return count;
}

// ---------------------------------------------------------------- programs

TEST(Programs, AWildcardIsOneProgram) {
  const auto checked = check_script("kprobe:vfs_* { @ = count(); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  ASSERT_EQ(plan_of(*checked).probes.size(), 1u);
  EXPECT_TRUE(plan_of(*checked).probes[0].multi);
  EXPECT_EQ(plan_of(*checked).probes[0].targets.size(), 2u);
  EXPECT_EQ(plan_of(*checked).probes[0].name, "kprobe:vfs_*");
}

TEST(Programs, TheProbesNameMakesOneProgramEach) {
  const auto checked = check_script("kprobe:vfs_* { @[probe] = count(); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  ASSERT_EQ(plan_of(*checked).probes.size(), 2u);
  EXPECT_NE(checked->script.programs[0].clause, checked->script.programs[1].clause);
  EXPECT_EQ(plan_of(*checked).probes[1].name, "kprobe:vfs_write");
}

TEST(Programs, DifferentArgumentsMakeOneProgramEach) {
  const auto checked = check_script("tracepoint:sched:* { @ = args.pid; }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(plan_of(*checked).probes.size(), 2u);
  EXPECT_EQ(check_script("tracepoint:sched:* { @ = pid; }")->script.plan.probes.size(), 1u);
}

TEST(Programs, AListIsOneProgramForEachAttachPoint) {
  const auto checked = check_script("kprobe:vfs_read, vfs_write { @ = count(); } begin { }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  ASSERT_EQ(plan_of(*checked).probes.size(), 3u);
  EXPECT_EQ(plan_of(*checked).probes[1].clause, 0u);
  EXPECT_EQ(plan_of(*checked).probes[2].clause, 1u);
  EXPECT_EQ(checked->script.programs[0].clause, checked->script.programs[1].clause);
}

TEST(Programs, HaveNamesOfTheirOwn) {
  const auto checked = check_script("begin { } begin { } kprobe:vfs_read { } mine=kprobe:vfs_read { }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  std::vector<std::string> names;
  for (const ProbePlan& probe : plan_of(*checked).probes) names.push_back(probe.program);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  EXPECT_EQ(plan_of(*checked).probes[3].name, "mine");
}

TEST(Programs, LimitsAreErrors) {
  EXPECT_EQ(check_script("config = { max_probes = 1 } kprobe:vfs_* { }")->first_message(),
            "ERROR: the script attaches to 2 probes, more than max_probes (1)");
  EXPECT_EQ(check_script("config = { max_bpf_progs = 1 } begin { } end { }")->first_message(),
            "ERROR: the script becomes 2 BPF programs, more than max_bpf_progs (1)");
}

// ---------------------------------------------------------------- events

TEST(Events, PrintfRecordIsLaidOutLikeAStruct) {
  const auto checked = check_script("begin { printf(\"%d %s %d\", pid, comm, nsecs); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  ASSERT_EQ(plan_of(*checked).events.size(), 1u);
  const EventPlan& event = plan_of(*checked).events[0];
  EXPECT_EQ(event.kind, EventKind::Printf);
  ASSERT_EQ(event.arguments.size(), 3u);
  EXPECT_EQ(event.arguments[0].offset, 8u);
  EXPECT_EQ(event.arguments[1].offset, 12u);
  EXPECT_EQ(event.arguments[2].offset, 32u);
  EXPECT_EQ(event.size, 40u);
  EXPECT_TRUE(plan_of(*checked).uses_data_ring);
  EXPECT_FALSE(plan_of(*checked).uses_control_ring);
}

TEST(Events, MapOperationsAndExitTravelApart) {
  const auto checked = check_script("begin { @a = 1; print(@a); clear(@a); zero(@a); exit(3); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  const EventKind kinds[] = {EventKind::PrintMap, EventKind::ClearMap, EventKind::ZeroMap, EventKind::Exit};
  ASSERT_EQ(plan_of(*checked).events.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(plan_of(*checked).events[i].kind, kinds[i]);
    EXPECT_TRUE(plan_of(*checked).events[i].control);
  }
  EXPECT_EQ(plan_of(*checked).events[0].size, 16u);
  EXPECT_EQ(plan_of(*checked).events[3].arguments[0].offset, 16u);
  EXPECT_TRUE(plan_of(*checked).uses_control_ring);
}

TEST(Events, PrintOfSeveralMapsIsOneEventEach) {
  const auto checked = check_script("begin { @a[1] = 1; @b[1] = 1; print(@a, @b, 5, 1000); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  ASSERT_EQ(plan_of(*checked).events.size(), 2u);
  for (uint32_t i = 0; i < 2; ++i) {
    const EventPlan& event = plan_of(*checked).events[i];
    EXPECT_EQ(event.map, i);
    EXPECT_TRUE(event.has_top && event.has_div);
    EXPECT_EQ(event.top, 5u);
    EXPECT_EQ(event.div, 1000u);
  }
}

TEST(Events, PrintOfAnElementIsItsValue) {
  const auto checked =
      check_script("begin { @a[1] = nsecs; @c[1] = count(); print(@a[1]); print(@c[1]); print((1, comm)); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  ASSERT_EQ(plan_of(*checked).events.size(), 3u);
  for (const EventPlan& event : plan_of(*checked).events) EXPECT_EQ(event.kind, EventKind::PrintValue);
  EXPECT_EQ(to_string(plan_of(*checked).events[1].arguments[0].type), "uint64");
}

TEST(Events, TextsOfTimes) {
  const auto checked = check_script("begin { time(); time(\"%M\"); print(strftime(\"%H\", nsecs)); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(plan_of(*checked).events[0].text, "%H:%M:%S\n");
  EXPECT_EQ(plan_of(*checked).events[1].text, "%M");
  EXPECT_EQ(plan_of(*checked).strings, std::vector<std::string>{"%H"});
}

// ---------------------------------------------------------------- counters

TEST(Counters, LossesPerProbe) {
  const auto checked = check_script("begin { printf(\"x\"); exit(); } end { print(1); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(count_of(plan_of(*checked), CounterKind::LostEvent), 2u);
  EXPECT_EQ(count_of(plan_of(*checked), CounterKind::LostControl), 1u);
}

TEST(Counters, FullMapsPerPlace) {
  const auto checked =
      check_script("begin { @k[1] = 1; @k[2]++; @s = 1; @s++; @h = hist(1); @c[1] = count(); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(count_of(plan_of(*checked), CounterKind::MapFull), 4u);
}

TEST(Counters, DivisionsByWhatMayBeZero) {
  const auto checked = check_script(
      "begin { $z = pid; @a = nsecs / 1000; @b = nsecs / $z; @c = nsecs % $z; @d = pid; @d /= $z; }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(count_of(plan_of(*checked), CounterKind::DivideByZero), 3u);
}

TEST(Counters, PlacesAreThoseOfTheScript) {
  const auto checked = check_script("begin {\n  @k[1] = 1;\n}");
  ASSERT_EQ(plan_of(*checked).places.size(), 1u);
  const Place& place = plan_of(*checked).places[0];
  EXPECT_EQ(place.file, "stdin");
  EXPECT_EQ(place.line, 2u);
  EXPECT_EQ(place.column, 3u);
  EXPECT_EQ(place.end_column, 8u);
  EXPECT_EQ(place.source_line, "  @k[1] = 1;");
}

// ---------------------------------------------------------------- the tree is ready for code

// Everything that code generation relies on; finds the first place where it does not hold.
class Readiness : public Walker {
 public:
  std::string trouble;

  void expr(Expr*& slot) override {
    expr_children(*slot);
    if (slot->type.is(TypeKind::None) || slot->type.is(TypeKind::Error)) note("an expression without type");
    const auto* binary = as<Binary>(slot);
    if (!binary) return;
    const Type &left = binary->left->type, &right = binary->right->type;
    if (binary->op == BinaryOp::And || binary->op == BinaryOp::Or) {
      if (!left.is(TypeKind::Bool) || !right.is(TypeKind::Bool)) note("a logical operand that is no bool");
    } else if (binary->op >= BinaryOp::Equal && binary->op <= BinaryOp::GreaterEqual) {
      if (left.kind != right.kind) note("a comparison of two kinds");
      if (left.is_integer_like() && !same_type(left, right)) note("a comparison of two integer types");
    } else if (!binary->type.is(TypeKind::Pointer)) {
      if (!same_type(left, binary->type) || !same_type(right, binary->type))
        note("an operand of another type");
      if (binary->type.size != 8) note("arithmetic in less than 64 bits");
    }
  }

 private:
  void note(const char* what) {
    if (trouble.empty()) trouble = what;
  }
};

TEST(Tree, IsReadyForCodeGeneration) {
  for (const char* script : {
           "begin { @a = pid + -1; @b = (pid == 1) && cpu; @c = pid < nsecs; @d = true | false; }",
           "begin { $t = (1, 2); @t = $t; @t = (pid, nsecs); @e = @t == $t; }",
           "begin { @c = count(); if (@c > 5 && @c) { print(@c + 1); } $x = @c ?: 3; print($x); }",
           "begin { @n = pid ? 1 : nsecs; @n += 1; @n -= pid; let $u: uint8 = 5; $u *= 3; print($u); }",
           "begin { $p = (uint8 *)5; $q = $p + 1; print($p == $q); print($p == 0); print(*$p); print($p[2]); "
           "}",
           "begin { print(comm == \"a\"); print(comm[pid]); print(str(pid, cpu)); @[str($1)] = $1; "
           "print($#); }",
       }) {
    const auto checked = check_script(script);
    ASSERT_FALSE(checked->diags.has_errors()) << script << ": " << checked->first_message();
    Readiness readiness;
    for (const Program& program : checked->script.programs) readiness.clause(*program.clause);
    EXPECT_EQ(readiness.trouble, "") << script;
  }
}

TEST(Tree, StoredValuesHaveTheTypeOfTheirPlace) {
  const auto checked = check_script("begin { @m[1, \"a\"] = 5; @m[nsecs, comm] = nsecs; }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  const auto& assign = static_cast<const Assign&>(*checked->script.programs[0].clause->body->statements[0]);
  EXPECT_EQ(to_string(assign.value->type), "uint64");
  EXPECT_EQ(to_string(static_cast<const MapRef&>(*assign.target).key->type), "(uint64,string[16])");
}

TEST(Tree, TheChildsPidIsAConstant) {
  CheckOptions options;
  options.child_pid = 1234;
  const auto checked = check_script("begin { @a = cpid; }", options);
  ASSERT_TRUE(checked->diags.all().empty());
  const auto& assign = static_cast<const Assign&>(*checked->script.programs[0].clause->body->statements[0]);
  EXPECT_EQ(assign.value->constant, 1234u);
  const auto without = check_script("begin { @a = cpid; }");
  const auto& counters = without->script.plan.counters;
  EXPECT_TRUE(std::any_of(counters.begin(), counters.end(), [](const CounterPlan& counter) {
    return counter.kind == CounterKind::Notice && counter.text == "No child command (`-c`); cpid is zero";
  }));
}

TEST(Tree, PositionalParametersAreLiterals) {
  CheckOptions options;
  options.positional = {"-5", "0x10", "text", "1e6"};
  const auto checked = check_script(
      "begin { @a = $1; @b = $2; @c = $3; @d = $4; @e = $#; @f = str($2); @g = str($3 + 2); }", options);
  ASSERT_TRUE(checked->diags.all().empty()) << checked->first_message();
  EXPECT_EQ(to_string(checked->map("@a")->value), "int8");
  EXPECT_EQ(to_string(checked->map("@c")->value), "string[5]");
  EXPECT_EQ(to_string(checked->map("@d")->value), "int32");
  EXPECT_EQ(to_string(checked->map("@f")->value), "string[5]");
  EXPECT_EQ(to_string(checked->map("@g")->value), "string[3]");
  EXPECT_EQ(check_script("begin { @a = $1; }")->first_message(),
            "WARNING: positional parameter $1 was not given (0 provided); it is 0, or \"\" in str()");
}

// ---------------------------------------------------------------- size

TEST(Time, IsLinearInTheScript) {
  std::string script = "begin {\n";
  for (int i = 0; i < 3000; ++i) script += fmt::format("  @m{} = @m{} + {};\n", i, i + 1, i);
  script += "}\n";
  const auto checked = check_script(script);
  EXPECT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(plan_of(*checked).maps.size(), 3001u);
}

// The parser's limit is made for 8 MiB of stack; AddressSanitizer's frames are several times as large.
void allow_larger_frames() {
#ifdef __SANITIZE_ADDRESS__
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_STACK, &limit), 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 64 << 20);
  ASSERT_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
#endif
}

// As deep as the parser lets through.
TEST(Depth, DoesNotExhaustTheStack) {
  ASSERT_NO_FATAL_FAILURE(allow_larger_frames());
  std::string sum = "pid", choice = "2", blocks;
  for (int i = 0; i < 1400; ++i) sum = "~" + sum;
  for (int i = 0; i < 1400; ++i) choice = "pid ? 1 : " + choice;
  for (int i = 0; i < 600; ++i) blocks += "if (pid) {";
  blocks += "@c = 1;" + std::string(600, '}');
  for (const std::string& script :
       {"begin { @a = " + sum + "; }", "begin { @b = " + choice + "; }", "begin { " + blocks + " }"}) {
    const auto checked = check_script(script);
    EXPECT_TRUE(checked->diags.all().empty()) << checked->first_message();
  }
}

TEST(Time, TypesThatGrowWithoutEndAreRefused) {
  const auto checked = check_script("begin { @a = (1, 1); @a = (@a, @a); }");
  EXPECT_TRUE(checked->diags.has_errors());
}

}  // namespace
}  // namespace tracer::ast

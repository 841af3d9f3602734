// Types of maps and how expressions are made ready for code generation.
#include <gtest/gtest.h>

#include "check_fixture.h"

namespace tracer::ast {
namespace {

// `@m[key]: value` of each map, in order of appearance.
std::string map_types(const Checked& checked) {
  std::string text;
  for (const MapPlan& map : checked.script.plan.maps) {
    if (!text.empty()) text += "; ";
    text += map.name;
    if (!map.scalar()) text += fmt::format("[{}]", to_string(map.key));
    text += ": " + to_string(map.value);
  }
  return text;
}

struct Case {
  const char* script;
  const char* types;
};
std::ostream& operator<<(std::ostream& out, const Case& each) { return out << each.script; }

class MapTypes : public testing::TestWithParam<Case> {};

TEST_P(MapTypes, AreThese) {
  const auto checked = check_script(GetParam().script);
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(map_types(*checked), GetParam().types);
}

const Case kLiterals[] = {
    {"begin { @a = 0; }", "@a: int8"},
    {"begin { @a = -1; }", "@a: int8"},
    {"begin { @a = 127; }", "@a: int8"},
    {"begin { @a = 200; }", "@a: int16"},
    {"begin { @a = -200; }", "@a: int16"},
    {"begin { @a = 70000; }", "@a: int32"},
    {"begin { @a = 0x7fffffffffffffff; }", "@a: int64"},
    {"begin { @a = 0x8000000000000000; }", "@a: uint64"},
    {"begin { @a = -0x8000000000000000; }", "@a: int64"},
    {"begin { @a = 2 * 64; }", "@a: int16"},
    {"begin { @a = -5/2; }", "@a: int8"},
    {"begin { @a = \"abc\"; }", "@a: string[4]"},
    {"begin { @a = \"ab\" + \"cd\"; }", "@a: string[5]"},
    {"begin { @a = true; }", "@a: bool"},
    {"begin { @a = 1 < 2; }", "@a: bool"},
    {"begin { @a = 5ms; }", "@a: int32"},
};
INSTANTIATE_TEST_SUITE_P(Literals, MapTypes, testing::ValuesIn(kLiterals));

const Case kRecords[] = {
    {"begin { @a = (x = 1, y = \"b\"); }", "@a: record { .x = int8, .y = string[2] }"},
    {"begin { @a = (x = 1, y = 2); @a = (y = 300, x = (uint64)1); }",
     "@a: record { .x = uint64, .y = int16 }"},
    {"begin { @c = count(); @a = (n = @c); }", "@c: count_t; @a: record { .n = uint64 }"},
    {"begin { $r = (x = (y = 1)); @a = $r.x.y; }", "@a: int8"},
};
INSTANTIATE_TEST_SUITE_P(Records, MapTypes, testing::ValuesIn(kRecords));

const Case kLoops[] = {
    {"begin { for ($i : 0..5) { @a = $i; } }", "@a: int64"},
    {"begin { $n = (uint64)5; for ($i : 0..$n) { @a = $i; } }", "@a: uint64"},
    {"begin { $n = (uint32)5; for ($i : 0..$n) { @a = $i; } }", "@a: int64"},
    {"begin { $m = -1; $n = (uint64)5; for ($i : $m..$n) { @a = $i; } }", "@a: int64"},
    {"begin { @m[1, \"x\"] = pid; for ($kv : @m) { @a = $kv; } }",
     "@m[(int8,string[2])]: uint32; @a: ((int8,string[2]),uint32)"},
    {"begin { @m[1] = sum(pid); for ($kv : @m) { @a = $kv.1; } }", "@m[int8]: usum_t; @a: uint64"},
    {"begin { for ($kv : @m) { @a = $kv.1; } @m[1] = \"late\"; }", "@m[int8]: string[5]; @a: string[5]"},
};
INSTANTIATE_TEST_SUITE_P(Loops, MapTypes, testing::ValuesIn(kLoops));

const Case kAddresses[] = {
    {"begin { $x = 1; $p = &$x; $x++; @a = *$p; }", "@a: int64"},
    {"begin { $x = \"ab\"; @a = &$x; $x = \"longer\"; }", "@a: string[7] *"},
    {"begin { let $x; @a = &$x; }", "@a: int8 *"},
    {"begin { @m = 1; @a = &@m; }", "@m: int8; @a: void *"},
};
INSTANTIATE_TEST_SUITE_P(Addresses, MapTypes, testing::ValuesIn(kAddresses));

const Case kCasts[] = {
    {"begin { @a = (uint8[])(uint32)1; }", "@a: uint8[4]"},
    {"begin { @a = (uint8[])\"abc\"; }", "@a: uint8[4]"},
    {"begin { @a = (string)\"abc\"; }", "@a: string[4]"},
    {"begin { @a = (uint16)(uint8[2])1; }", "@a: uint16"},
    {"begin { @a = ((uint8[2])1)[0]; }", "@a: uint8"},
};
INSTANTIATE_TEST_SUITE_P(Casts, MapTypes, testing::ValuesIn(kCasts));

const Case kPromotion[] = {
    {"begin { @a = 1; @a = (uint64)2; }", "@a: uint64"},
    {"begin { @a = (uint64)2; @a = 1; }", "@a: uint64"},
    {"begin { @a = (int16)2; @a = (int32)1; }", "@a: int32"},
    {"begin { @a = (uint8)2; @a = (int8)1; }", "@a: int16"},
    {"begin { @a = (uint8)2; @a = (int16)1; }", "@a: int16"},
    {"begin { @a = (uint32)2; @a = (int32)1; }", "@a: int64"},
    {"begin { @a = (uint64)2; @a = (int8)1; }", "@a: int64"},
    {"begin { @a = (uint8)2; @a = 200; }", "@a: uint16"},
    {"begin { @a = 200; @a = (uint8)2; }", "@a: uint16"},
    {"begin { @a = (uint8)2; @a = -1; }", "@a: int16"},
    {"begin { @a = \"a\"; @a = \"abcdef\"; }", "@a: string[7]"},
    {"begin { @a = (1, \"a\"); @a = (pid, \"abc\"); }", "@a: (uint32,string[4])"},
    {"begin { @a = (1, \"a\"); @a = (-1, \"abc\"); }", "@a: (int8,string[4])"},
    {"begin { $x = @b; @a = $x; } end { @b = nsecs; }", "@b: uint64; @a: uint64"},
    {"begin { @a = @b; @b = @c; @c = @d; @d = comm; }",
     "@b: string[16]; @a: string[16]; @c: string[16]; @d: string[16]"},
};
INSTANTIATE_TEST_SUITE_P(Promotion, MapTypes, testing::ValuesIn(kPromotion));

const Case kKeys[] = {
    {"begin { @a[1] = 1; }", "@a[int8]: int8"},
    {"begin { @a[1, comm] = 1; }", "@a[(int8,string[16])]: int8"},
    {"begin { @a[(1, comm)] = 1; }", "@a[(int8,string[16])]: int8"},
    {"begin { @a[1] = 1; @a[pid] = 1; }", "@a[uint32]: int8"},
    {"begin { @a[pid, 1] = 1; @a[1, nsecs] = 1; }", "@a[(uint32,uint64)]: int8"},
    {"begin { @a[-1, 1] = 1; @a[pid, 1] = 1; }", "@a[(int64,int8)]: int8"},
    {"begin { @a[\"x\"] = 1; @a[comm] = 1; }", "@a[string[16]]: int8"},
    {"begin { @a[kstack] = count(); }", "@a[kstack_bpftrace_127]: count_t"},
    {"begin { @a[kstack(perf, 3)] = count(); }", "@a[kstack_perf_3]: count_t"},
    {"begin { @a[1] = 1; delete(@a, pid); }", "@a[uint32]: int8"},
    {"begin { @a[1] = 1; print(has_key(@a, nsecs)); }", "@a[uint64]: int8"},
    {"begin { @a[1, 2] = 1; delete(@a[1, pid]); }", "@a[(int8,uint32)]: int8"},
    {"begin { @c = count(); @a[@c] = 1; }", "@c: count_t; @a[uint64]: int8"},
};
INSTANTIATE_TEST_SUITE_P(Keys, MapTypes, testing::ValuesIn(kKeys));

const Case kOperators[] = {
    {"begin { @a = pid + 1; }", "@a: uint64"},
    {"begin { @a = pid + -1; }", "@a: int64"},
    {"begin { @a = pid - 1; }", "@a: int64"},
    {"begin { @a = nsecs / 1000; }", "@a: uint64"},
    {"begin { @a = -pid; }", "@a: uint64"},
    {"begin { @a = ~nsecs; }", "@a: uint64"},
    {"begin { @a = !pid; }", "@a: bool"},
    {"begin { @a = pid && cpu; }", "@a: bool"},
    {"begin { @a = (pid == 1) | (pid == 2); }", "@a: bool"},
    {"begin { @a = pid ? 1 : nsecs; }", "@a: uint64"},
    {"begin { @a = pid ? \"a\" : \"abc\"; }", "@a: string[4]"},
    {"begin { @a = pid ?: 5; }", "@a: uint32"},
    {"begin { @a = if (pid) { 1 } else { 300 }; }", "@a: int16"},
    {"begin { @a = { let $x = nsecs; $x }; }", "@a: uint64"},
    {"begin { @a++; }", "@a: int64"},
    {"begin { @a++; @a = nsecs; }", "@a: uint64"},
    {"begin { @a = nsecs; @a++; }", "@a: uint64"},
    {"begin { @a = nsecs; @a--; }", "@a: int64"},
    {"begin { @a += 5; }", "@a: int64"},
    {"begin { @a += pid; }", "@a: uint64"},
    {"begin { @a -= pid; }", "@a: int64"},
    {"begin { @a = 1; @a = @a + 1; }", "@a: int64"},
    {"begin { @a = (bool)5; @b = (int32)true; @c = (uint8)300; }", "@a: bool; @b: int32; @c: uint8"},
    {"begin { @a = comm[0]; }", "@a: int8"},
    {"begin { @a = (1, comm).1; }", "@a: string[16]"},
    {"begin { @t = (1, nsecs); @a = @t.1; $t = @t; @b = $t[0]; }", "@t: (int8,uint64); @a: uint64; @b: int8"},
    {"begin { @a = sizeof(uint32); @b = sizeof((comm)); }", "@a: uint64; @b: uint64"},
    {"begin { for ($i : 0..5) { @a = $i; } }", "@a: int64"},
};
INSTANTIATE_TEST_SUITE_P(Operators, MapTypes, testing::ValuesIn(kOperators));

const Case kAggregations[] = {
    {"begin { @a = count(); }", "@a: count_t"},
    {"begin { @a = sum(nsecs); }", "@a: usum_t"},
    {"begin { @a = sum(-1); }", "@a: sum_t"},
    {"begin { @a = max(5); }", "@a: max_t"},
    {"begin { @a = max(5); @a = max(nsecs); }", "@a: umax_t"},
    {"begin { @a = min(nsecs); @a = min(-1); }", "@a: min_t"},
    {"begin { @a = avg(pid); @b = stats(pid); }", "@a: uavg_t; @b: ustats_t"},
    {"begin { @a = hist(pid); @b = lhist(pid, 0, 10, 1); }", "@a: hist_t; @b: lhist_t"},
    {"begin { @a = count(); $x = @a; @b = $x; @c = (int64)@a; }", "@a: count_t; @b: uint64; @c: int64"},
    {"begin { @a = avg(-5); @b = (@a, 1); @c = @a + 1; }", "@a: avg_t; @b: (int64,int8); @c: int64"},
};
INSTANTIATE_TEST_SUITE_P(Aggregations, MapTypes, testing::ValuesIn(kAggregations));

const Case kBuiltins[] = {
    {"begin { @a = pid; @b = tid; @c = uid; @d = gid; }", "@a: uint32; @b: uint32; @c: uint64; @d: uint64"},
    {"begin { @a = nsecs; @b = elapsed; @c = cpu; @d = rand; }",
     "@a: uint64; @b: uint64; @c: uint64; @d: uint64"},
    {"begin { @a = str(0); @b = str(0, 16); }", "@a: string[1024]; @b: string[17]"},
    {"config = { max_strlen = 64 } begin { @a = str(0); @b = str(0, 100); }",
     "@a: string[64]; @b: string[64]"},
    {"begin { @a = str(\"hello\"); @b = str(\"hello\", 2); }", "@a: string[6]; @b: string[3]"},
    {"begin { @a = ksym(0); @b = strftime(\"%H\", nsecs); }", "@a: ksym_t; @b: timestamp"},
    {"begin { @a = probe; }", "@a: string[6]"},
    {"kprobe:vfs_* { @a[probe] = count(); }", "@a[string[17]]: count_t"},
    {"kprobe:vfs_read { @a[func] = arg0; }", "@a[ksym_t]: uint64"},
    {"kretprobe:vfs_read { @a = retval; }", "@a: uint64"},
    {"tracepoint:sched:one { @a[args.comm] = args.pid; }", "@a[string[16]]: int32"},
    {"begin { @a = has_key(@b, 1); @b[1] = 1; @c = len(@b); }", "@b[int8]: int8; @a: bool; @c: int64"},
    {"begin { let $x: uint16 = 1; @a = $x; }", "@a: uint16"},
    {"begin { let $x: string[32] = comm; @a = $x; }", "@a: string[32]"},
    {"begin { print(@never); @a = @never + 1; }", "@never: int8; @a: int64"},
};
INSTANTIATE_TEST_SUITE_P(BuiltinValues, MapTypes, testing::ValuesIn(kBuiltins));

TEST(KernelTypes, FieldsAndCasts) {
  if (!has_btf()) GTEST_SKIP() << "the running kernel has no BTF";
  const auto checked = check_script(
      "kprobe:vfs_read { @a = ((struct sock *)arg0)->__sk_common.skc_family; @b = curtask.comm; @c = "
      "curtask.pid;"
      " @d = curtask.real_parent.comm; @e = sizeof(struct task_struct) > 100; @f = curtask; }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(map_types(*checked),
            "@a: uint16; @b: string[16]; @c: int32; @d: string[16]; @e: bool; @f: struct task_struct *");
}

TEST(KernelTypes, UnknownFieldsAreNamedWithTheNearest) {
  if (!has_btf()) GTEST_SKIP() << "the running kernel has no BTF";
  const auto checked = check_script("begin { print(curtask.comn); }");
  EXPECT_EQ(checked->first_message(),
            "ERROR: Struct/union of type 'struct task_struct' does not contain a field named 'comn'");
  EXPECT_EQ(checked->diags.all()[0].hints[0], "did you mean `comm`?");
  EXPECT_EQ(check_script("begin { print((struct nope *)0); }")->first_message(),
            "ERROR: Cannot resolve unknown type \"struct nope\"");
}

// ---------------------------------------------------------------- layouts

TEST(MapLayout, FollowsThePlan) {
  const auto checked = check_script(
      "begin { @s = 1; @c = count(); @a = avg(1); @h = hist(1); @k[comm, 1] = 1; @kh[1] = hist(1); @ks[1] = "
      "stats(1); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  struct {
    const char* name;
    MapStorage storage;
    uint32_t key, value, entries;
  } expected[] = {
      {"@s", MapStorage::Array, 4, 16, 1},          {"@c", MapStorage::PerCpuArray, 4, 16, 1},
      {"@a", MapStorage::PerCpuArray, 4, 24, 1},    {"@h", MapStorage::PerCpuHash, 8, 8, 4096},
      {"@k", MapStorage::Hash, 24, 8, 4096},        {"@kh", MapStorage::PerCpuHash, 16, 8, 4096},
      {"@ks", MapStorage::PerCpuHash, 8, 16, 4096},
  };
  for (const auto& each : expected) {
    const MapPlan* map = checked->map(each.name);
    ASSERT_NE(map, nullptr) << each.name;
    EXPECT_EQ(map->storage, each.storage) << each.name;
    EXPECT_EQ(map->key_size, each.key) << each.name;
    EXPECT_EQ(map->value_size, each.value) << each.name;
    EXPECT_EQ(map->max_entries, each.entries) << each.name;
  }
}

TEST(MapLayout, DeclarationsDecideStorageAndSize) {
  const auto checked = check_script(
      "let @a = lruhash(7); let @b = percpulruhash(8); let @c = hash(1); begin { @a[1] = 1; @b[1] = count(); "
      "@c = 1; }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(checked->map("@a")->storage, MapStorage::LruHash);
  EXPECT_EQ(checked->map("@a")->max_entries, 7u);
  EXPECT_EQ(checked->map("@b")->storage, MapStorage::LruPerCpuHash);
  EXPECT_EQ(checked->map("@c")->storage, MapStorage::Array);
}

TEST(MapLayout, KeepsLiteralArguments) {
  const auto checked = check_script("begin { @h = hist(1, 2); @l = lhist(1, 2, 20, 3); }");
  ASSERT_FALSE(checked->diags.has_errors()) << checked->first_message();
  EXPECT_EQ(checked->map("@h")->hist_bits, 2u);
  EXPECT_EQ(checked->map("@l")->lhist_min, 2);
  EXPECT_EQ(checked->map("@l")->lhist_max, 20);
  EXPECT_EQ(checked->map("@l")->lhist_step, 3);
}

}  // namespace
}  // namespace tracer::ast

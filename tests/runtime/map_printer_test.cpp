#include "runtime/map_printer.h"

#include <gtest/gtest.h>

#include "fake_session.h"
#include "runtime/map_order.h"

namespace tracer {
namespace {

constexpr uint64_t kBias = 1ull << 63;

class MapPrinter : public testing::Test {
 protected:
  // A map keyed by an int64, unless the test says otherwise.
  MapPlan plan(MapKind kind, Type value) {
    MapPlan plan;
    plan.name = "@m";
    plan.kind = kind;
    plan.key = int_type(8, true);
    plan.key_size = plan.bucketed() ? 16 : 8;
    plan.value = value;
    plan.value_size = kind == MapKind::Avg || kind == MapKind::Stats ? 16 : 8;
    return plan;
  }
  MapPlan scalar(MapPlan plan) {
    plan.key = Type();
    plan.key_size = plan.bucketed() ? 8 : 0;
    return plan;
  }
  void add(ByteString key, std::vector<ByteString> values) {
    session_.maps[0].push_back({std::move(key), std::move(values)});
  }
  MapTable entries(const MapPlan& plan, uint64_t top = 0, bool zeroed = false) {
    auto table = MapTable::read(plan, session_, 0, zeroed);
    EXPECT_TRUE(table.has_value());
    table->order(top);
    return std::move(*table);
  }
  std::string text(const MapPlan& plan, uint64_t top = 0, uint64_t div = 1, bool zeroed = false) {
    std::string out;
    auto write = [&](std::string_view text) { out += text; };
    write_map_text(write, entries(plan, top, zeroed), div, context_);
    return out;
  }
  std::string json(const MapPlan& plan, uint64_t div = 1) {
    std::string out;
    write_map_json([&](std::string_view text) { out += text; }, entries(plan), div, context_);
    return out;
  }
  static Type aggregate(TypeKind kind, bool is_signed = true) { return aggregate_type(kind, is_signed); }

  FakeSession session_;
  Plan plan_;
  Symbols symbols_{std::string(TEST_DATA) + "/kallsyms"};
  ValueContext context_{plan_, symbols_};
};

TEST_F(MapPrinter, CountSumsCpusAndSortsByValue) {
  add(words(1), {words(5), words(7)});
  add(words(2), {words(1), words(0)});
  MapPlan count = plan(MapKind::Count, aggregate(TypeKind::Count, false));
  EXPECT_EQ(text(count), "@m[2]: 1\n@m[1]: 12\n");
  EXPECT_EQ(json(count), "{\"type\": \"map\", \"data\": {\"@m\": {\"2\": 1, \"1\": 12}}}\n");
}

TEST_F(MapPrinter, SumIsSortedBySign) {
  add(words(1), {words(3)});
  add(words(2), {words(-3), words(1)});
  EXPECT_EQ(text(plan(MapKind::Sum, aggregate(TypeKind::Sum))), "@m[2]: -2\n@m[1]: 3\n");
  EXPECT_EQ(text(plan(MapKind::Sum, aggregate(TypeKind::Sum, false))),
            "@m[1]: 3\n@m[2]: 18446744073709551614\n");
}

TEST_F(MapPrinter, MinAndMaxTakeTheStrongestCpu) {
  auto max_of = [](int64_t v) { return words(static_cast<uint64_t>(v) ^ kBias); };
  auto min_of = [](int64_t v) { return words(~(static_cast<uint64_t>(v) ^ kBias)); };
  add(words(1), {max_of(-5), words(0), max_of(-9)});
  EXPECT_EQ(text(plan(MapKind::Max, aggregate(TypeKind::Max))), "@m[1]: -5\n");
  session_.maps.clear();
  add(words(1), {min_of(-5), words(0), min_of(-9)});
  EXPECT_EQ(text(plan(MapKind::Min, aggregate(TypeKind::Min))), "@m[1]: -9\n");
  session_.maps.clear();
  add(words(1), {words(~7ull), words(0)});
  EXPECT_EQ(text(plan(MapKind::Min, aggregate(TypeKind::Min, false))), "@m[1]: 7\n");
}

TEST_F(MapPrinter, ZeroedExtremesReadAsZero) {
  add(words(1), {words(0)});
  EXPECT_EQ(text(plan(MapKind::Min, aggregate(TypeKind::Min)), 0, 1, true), "@m[1]: 0\n");
  EXPECT_EQ(text(plan(MapKind::Max, aggregate(TypeKind::Max)), 0, 1, true), "@m[1]: 0\n");
  EXPECT_EQ(text(plan(MapKind::Min, aggregate(TypeKind::Min, false))), "@m[1]: 18446744073709551615\n");
}

TEST_F(MapPrinter, AverageRoundsTowardZero) {
  add(words(1), {words(-7, 1), words(0, 1)});
  MapPlan avg = plan(MapKind::Avg, aggregate(TypeKind::Avg));
  EXPECT_EQ(text(avg), "@m[1]: -3\n");
  EXPECT_EQ(json(avg), "{\"type\": \"stats\", \"data\": {\"@m\": {\"1\": -3}}}\n");
}

TEST_F(MapPrinter, Stats) {
  add({}, {words(20, 1), words(11, 1)});
  MapPlan stats = scalar(plan(MapKind::Stats, aggregate(TypeKind::Stats)));
  EXPECT_EQ(text(stats), "@m: { .count = 2, .average = 15, .total = 31 }\n");
  EXPECT_EQ(text(stats, 0, 10), "@m: { .count = 2, .average = 1, .total = 3 }\n");
  EXPECT_EQ(json(stats),
            "{\"type\": \"stats\", \"data\": {\"@m\": {\"count\": 2, \"average\": 15, \"total\": 31}}}\n");
}

TEST_F(MapPrinter, HistogramsOfScalarAndKeyedMaps) {
  add(words(4), {words(1)});
  MapPlan hist = scalar(plan(MapKind::Hist, aggregate(TypeKind::Hist, false)));
  EXPECT_EQ(text(hist),
            "@m:\n[4, 8)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n\n");
  EXPECT_EQ(json(hist),
            "{\"type\": \"hist\", \"data\": {\"@m\": [{\"min\": 4, \"max\": 7, \"count\": 1}]}}\n");
  session_.maps.clear();
  add(words(7, 0), {words(1), words(2)});
  add(words(8, 2), {words(1), words(0)});
  MapPlan keyed = plan(MapKind::Hist, aggregate(TypeKind::Hist, false));
  EXPECT_EQ(json(keyed),
            "{\"type\": \"hist\", \"data\": {\"@m\": {\"8\": [{\"min\": 1, \"max\": 1, \"count\": 1}], "
            "\"7\": [{\"max\": -1, \"count\": 3}]}}}\n");
  EXPECT_EQ(text(keyed).substr(0, 8), "@m[8]:\n[");
}

TEST_F(MapPrinter, LinearHistogramIsNotDivided) {
  add(words(11), {words(10)});
  MapPlan lhist = scalar(plan(MapKind::LinearHist, aggregate(TypeKind::LinearHist, false)));
  lhist.lhist_max = 100;
  lhist.lhist_step = 10;
  EXPECT_NE(text(lhist, 0, 5).find("[100, ...)            10 |"), std::string::npos);
  EXPECT_EQ(json(lhist), "{\"type\": \"hist\", \"data\": {\"@m\": [{\"min\": 100, \"count\": 10}]}}\n");
  lhist.kind = MapKind::Hist;
  EXPECT_NE(text(lhist, 0, 5).find("  2 |"), std::string::npos);
}

TEST_F(MapPrinter, DivThatMakesAllCountsZeroStillPrints) {
  add(words(4), {words(1)});
  MapPlan hist = scalar(plan(MapKind::Hist, aggregate(TypeKind::Hist, false)));
  EXPECT_NE(text(hist, 0, 100).find("[4, 8)                 0 |"), std::string::npos);
}

TEST_F(MapPrinter, EmptyMapsPrintNothing) {
  for (MapKind kind : {MapKind::Plain, MapKind::Count, MapKind::Hist, MapKind::LinearHist}) {
    EXPECT_EQ(text(plan(kind, int_type(8, true))), "");
    EXPECT_EQ(json(plan(kind, int_type(8, true))), "");
  }
}

TEST_F(MapPrinter, TupleKeysLoseTheirParentheses) {
  MapPlan tuple = plan(MapKind::Plain, int_type(8, true));
  tuple.key = tuple_type({int_type(8, true), string_type(8)});
  tuple.key_size = 16;
  add(joined(words(1), text_bytes("k y", 8)), {words(2)});
  EXPECT_EQ(text(tuple), "@m[1, k y]: 2\n");
  EXPECT_EQ(json(tuple), "{\"type\": \"map\", \"data\": {\"@m\": {\"1,ky\": 2}}}\n");
  tuple.key = tuple_type({tuple.key});
  EXPECT_EQ(text(tuple), "@m[(1, k y)]: 2\n");
}

TEST_F(MapPrinter, StacksAsKeysAndValues) {
  MapPlan map = plan(MapKind::Plain, int_type(8, true));
  map.key = stack_type(TypeKind::KernelStack, StackMode::Bpftrace, 1);
  map.key_size = 16;
  add(words(1, 0xffffffff81000105), {words(3)});
  EXPECT_EQ(text(map), "@m[\n        vfs_read+5\n]: 3\n");
  map.key = tuple_type({map.key, int_type(8, true)});
  map.key_size = 24;
  session_.maps.clear();
  add(words(1, 0xffffffff81000105, 5), {words(3)});
  EXPECT_EQ(text(map), "@m[\n        vfs_read+5\n, 5]: 3\n");
  map = scalar(plan(MapKind::Plain, stack_type(TypeKind::KernelStack, StackMode::Bpftrace, 1)));
  session_.maps.clear();
  add({}, {words(1, 0xffffffff81000105)});
  EXPECT_EQ(text(map), "@m: \n        vfs_read+5\n\n");
}

TEST_F(MapPrinter, StringValuesAreSortedByKey) {
  MapPlan map = plan(MapKind::Plain, string_type(8));
  add(words(10), {text_bytes("a", 8)});
  add(words(9), {text_bytes("b", 8)});
  add(words(-1), {text_bytes("c", 8)});
  EXPECT_EQ(text(map), "@m[-1]: c\n@m[9]: b\n@m[10]: a\n");
}

TEST_F(MapPrinter, EqualValuesAreSortedByKey) {
  MapPlan map = plan(MapKind::Plain, int_type(8, true));
  map.key = string_type(8);
  for (const char* key : {"ls", "bash", "cat"}) add(text_bytes(key, 8), {words(2)});
  EXPECT_EQ(text(map), "@m[bash]: 2\n@m[cat]: 2\n@m[ls]: 2\n");
}

TEST_F(MapPrinter, TopKeepsTheLargestAndDivDivides) {
  MapPlan map = plan(MapKind::Plain, int_type(8, true));
  for (int key = 1; key <= 4; ++key) add(words(key), {words(key * 1000)});
  EXPECT_EQ(text(map, 2), "@m[3]: 3000\n@m[4]: 4000\n");
  EXPECT_EQ(text(map, 1, 1000), "@m[4]: 4\n");
  EXPECT_EQ(text(map, 99, 0), text(map));
}

TEST_F(MapPrinter, DivisionKeepsTheSign) {
  MapPlan map = plan(MapKind::Plain, int_type(8, true));
  add(words(1), {words(-2500)});
  add(words(2), {words(INT64_MIN)});
  EXPECT_EQ(text(map, 0, 1000), "@m[2]: -9223372036854775\n@m[1]: -2\n");
}

TEST(MapOrder, TuplesAreComparedElementByElement) {
  Type type = tuple_type({string_type(8), int_type(8, true)});
  auto key = [](const char* text, int64_t n) { return joined(text_bytes(text, 8), words(n)); };
  EXPECT_LT(compare_keys(type, key("a", 9), key("b", 1)), 0);
  EXPECT_LT(compare_keys(type, key("a", -9), key("a", 1)), 0);
  EXPECT_EQ(compare_keys(type, key("a", 1), key("a", 1)), 0);
  // Bytes behind the NUL do not count.
  ByteString dirty = key("a", 1);
  dirty[3] = std::byte{7};
  EXPECT_EQ(compare_keys(type, dirty, key("a", 1)), 0);
}

}  // namespace
}  // namespace tracer

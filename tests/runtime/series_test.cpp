#include "runtime/series.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "fake_session.h"
#include "runtime/map_table.h"

namespace tracer {
namespace {

constexpr uint64_t kTenth = 100'000'000;

class Series : public testing::Test {
 protected:
  Series() {
    setenv("TZ", "UTC", 1);
    tzset();
    plan_.name = "@ts";
    plan_.kind = MapKind::TimeSeries;
    plan_.value = aggregate_type(TypeKind::TimeSeries, true);
    plan_.series_interval = kTenth;
    plan_.series_length = 10;
  }
  // Of the interval at 18:47:56.900 and those that follow.
  static uint64_t epoch(uint64_t number) { return ((18 * 60 + 47) * 60 + 56) * 10 + 9 + number; }
  std::string text(std::map<uint64_t, uint64_t> series) {
    MapEntry entry;
    entry.newest_epoch = series.rbegin()->first;
    entry.series = std::move(series);
    std::string out;
    append_series(out, plan_, entry);
    return out;
  }
  std::string json(std::map<uint64_t, uint64_t> series) {
    MapEntry entry;
    entry.series = std::move(series);
    std::string out;
    append_series_json(out, plan_, entry);
    return out;
  }

  MapPlan plan_;
};

TEST_F(Series, GraphOfTheReference) {
  EXPECT_EQ(text({{epoch(0), 8}, {epoch(1), 11}, {epoch(2), 20}}),
            R"(             8                                                  20
hh:mm:ss.ms  |___________________________________________________|
18:47:56.900 *                                                   | 8
18:47:57.000 |            *                                      | 11
18:47:57.100 |                                                   * 20
             v___________________________________________________v
             8                                                  20
)");
}

TEST_F(Series, MissingIntervalsAndZero) {
  EXPECT_EQ(text({{epoch(0), static_cast<uint64_t>(-10)}, {epoch(2), 42}}),
            R"(             -10                                                42
hh:mm:ss.ms  |___________________________________________________|
18:47:56.900 *         .                                         | -10
18:47:57.000 |         .                                         | -
18:47:57.100 |         .                                         * 42
             v___________________________________________________v
             -10                                                42
)");
}

TEST_F(Series, WidthOfTheTimeFollowsTheInterval) {
  plan_.series_interval = 1'000'000'000;
  EXPECT_EQ(text({{1, 5}}).substr(63, 18), "hh:mm:ss |________");
  plan_.series_interval = 1000;
  EXPECT_NE(text({{1, 5}}).find("\n00:00:00.000001 |"), std::string::npos);
  plan_.series_interval = 7;
  EXPECT_NE(text({{1, 5}}).find("\n00:00:00.000000007 |"), std::string::npos);
}

TEST_F(Series, ExtremesOf64Bits) {
  EXPECT_NE(text({{1, uint64_t{1} << 63}, {2, (uint64_t{1} << 63) - 1}}).find("-9223372036854775808"),
            std::string::npos);
  plan_.value.is_signed = false;
  EXPECT_NE(text({{1, ~uint64_t{0}}}).find("18446744073709551616"), std::string::npos);
}

TEST_F(Series, Json) {
  EXPECT_EQ(json({{epoch(0), static_cast<uint64_t>(-9)}, {epoch(2), 1}}),
            R"([{"interval_start":"1970-01-01T18:47:56.900000000","value":-9},)"
            R"({"interval_start":"1970-01-01T18:47:57.100000000","value":1}])");
}

TEST_F(Series, LaterIntervalsReplaceEarlierOnes) {
  SeriesValue all;
  combine_series(SeriesAggregate::Sum, {5, 10, 1}, all);
  combine_series(SeriesAggregate::Sum, {5, 20, 2}, all);
  EXPECT_EQ(all.word, 30u);
  combine_series(SeriesAggregate::Sum, {4, 1000, 1}, all);
  EXPECT_EQ(all.word, 30u);
  combine_series(SeriesAggregate::Sum, {6, 1, 1}, all);
  EXPECT_EQ(all.epoch, 6u);
  EXPECT_EQ(all.word, 1u);
}

TEST_F(Series, NewestValueOfAllProcessors) {
  SeriesValue all;
  combine_series(SeriesAggregate::Last, {5, 10, 200}, all);
  combine_series(SeriesAggregate::Last, {5, 20, 100}, all);
  EXPECT_EQ(series_number(plan_, all), 10u);
}

TEST_F(Series, AverageRoundsTowardZero) {
  plan_.series_aggregate = SeriesAggregate::Avg;
  EXPECT_EQ(static_cast<int64_t>(series_number(plan_, {1, static_cast<uint64_t>(-7), 2})), -3);
}

TEST_F(Series, OnlyTheLastIntervalsOfAllKeysStay) {
  FakeSession session;
  plan_.key = int_type(8, true);
  plan_.key_size = 16;
  plan_.value_size = 24;
  auto add = [&](uint64_t key, uint64_t epoch) {
    session.maps[0].push_back({words(key, epoch % 10), {words(epoch * 2, 1, epoch)}});
  };
  for (uint64_t epoch : {1, 5, 11}) add(1, epoch);
  add(2, 20);
  add(3, 9);
  auto table = MapTable::read(plan_, session, 0, false);
  ASSERT_TRUE(table.has_value());
  table->order(0);
  ASSERT_EQ(table->size(), 2u);
  EXPECT_EQ(table->entry(0).series, (std::map<uint64_t, uint64_t>{{11, 22}}));
  EXPECT_EQ(table->entry(0).newest_epoch, 20u);
  EXPECT_EQ(table->entry(1).series, (std::map<uint64_t, uint64_t>{{20, 40}}));
}

}  // namespace
}  // namespace tracer

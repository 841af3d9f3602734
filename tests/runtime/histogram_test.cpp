#include "runtime/histogram.h"

#include <gtest/gtest.h>

#include <bit>

namespace tracer {
namespace {

// The index as LANGUAGE 5.4 computes it: the other end of what the labels say.
uint32_t hist_index(uint64_t n, uint32_t k) {
  if (static_cast<int64_t>(n) < 0) return 0;
  if (n < (1ull << k)) return static_cast<uint32_t>(1 + n);
  auto p = static_cast<uint32_t>(std::bit_width(n) - 1);
  uint64_t f = n >> (p - k) & ((1ull << k) - 1);
  return static_cast<uint32_t>(((p - k + 1) << k) + f + 1);
}

TEST(Histogram, LabelsOfPowersOfTwo) {
  EXPECT_EQ(hist_label(0, 0), "(..., 0)");
  EXPECT_EQ(hist_label(1, 0), "[0]");
  EXPECT_EQ(hist_label(2, 0), "[1]");
  EXPECT_EQ(hist_label(3, 0), "[2, 4)");
  EXPECT_EQ(hist_label(4, 0), "[4, 8)");
  EXPECT_EQ(hist_label(hist_index(512, 0), 0), "[512, 1K)");
  EXPECT_EQ(hist_label(hist_index(1024, 0), 0), "[1K, 2K)");
  EXPECT_EQ(hist_label(hist_index(1 << 19, 0), 0), "[512K, 1M)");
  EXPECT_EQ(hist_label(hist_index(INT64_MAX, 0), 0), "[4E, 8E)");
}

TEST(Histogram, LabelsOfSplitPowers) {
  EXPECT_EQ(hist_label(hist_index(96, 2), 2), "[96, 112)");
  EXPECT_EQ(hist_label(hist_index(3, 2), 2), "[3]");
  EXPECT_EQ(hist_label(hist_index(7, 2), 2), "[7]");
  EXPECT_EQ(hist_label(hist_index(8, 2), 2), "[8, 10)");
  EXPECT_EQ(hist_label(hist_index(15, 2), 2), "[14, 16)");
  EXPECT_EQ(hist_label(hist_index(4096, 2), 2), "[4K, 5K)");
}

TEST(Histogram, EveryValueLiesInTheRangeOfItsBucket) {
  for (uint32_t k = 0; k <= 5; ++k) {
    for (uint64_t base = 1; base != 1ull << 63; base <<= 1) {
      for (uint64_t n : {base - 1, base, base + 1, base + base / 2, base + base / 3}) {
        BucketRange range = hist_range(hist_index(n, k), k);
        ASSERT_LE(*range.min, static_cast<int64_t>(n)) << "k=" << k << " n=" << n;
        ASSERT_GE(*range.max, static_cast<int64_t>(n)) << "k=" << k << " n=" << n;
      }
    }
    EXPECT_EQ(*hist_range(hist_index(INT64_MAX, k), k).max, INT64_MAX);
  }
  EXPECT_FALSE(hist_range(0, 0).min.has_value());
  EXPECT_EQ(*hist_range(0, 0).max, -1);
}

TEST(Histogram, LinearLabels) {
  EXPECT_EQ(lhist_label(0, 0, 100, 10), "(..., 0)");
  EXPECT_EQ(lhist_label(1, 0, 100, 10), "[0, 10)");
  EXPECT_EQ(lhist_label(10, 0, 100, 10), "[90, 100)");
  EXPECT_EQ(lhist_label(11, 0, 100, 10), "[100, ...)");
  EXPECT_EQ(lhist_label(3, 5, 10, 1), "[7]");
  EXPECT_EQ(lhist_label(2, 0, 8192, 1024), "[1K, 2K)");
  EXPECT_EQ(lhist_label(1, 0, 8192, 1024), "[0, 1K)");
  EXPECT_EQ(lhist_label(3, 0, 4 << 20, 1 << 20), "[2M, 3M)");
  EXPECT_EQ(lhist_label(1, 100, 4196, 1024), "[100, 1124)");
}

TEST(Histogram, LinearRanges) {
  EXPECT_FALSE(lhist_range(0, 5, 25, 10).min.has_value());
  EXPECT_EQ(*lhist_range(0, 5, 25, 10).max, 4);
  EXPECT_EQ(*lhist_range(1, 5, 25, 10).min, 5);
  EXPECT_EQ(*lhist_range(1, 5, 25, 10).max, 14);
  EXPECT_EQ(*lhist_range(3, 5, 25, 10).min, 25);
  EXPECT_FALSE(lhist_range(3, 5, 25, 10).max.has_value());
}

TEST(Histogram, LinesHaveFixedColumnsAndBars) {
  MapPlan plan;
  plan.kind = MapKind::Hist;
  std::string out;
  append_histogram(out, histogram_buckets(plan, {{3, 2}, {5, 1}}));
  EXPECT_EQ(out,
            "[2, 4)                 2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
            "[4, 8)                 0 |                                                    |\n"
            "[8, 16)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |\n");
}

TEST(Histogram, HugeCountsAndZeroCounts) {
  std::string out;
  append_histogram(out, {{"[0]", {}, UINT64_MAX}, {"[1]", {}, UINT64_MAX / 2}});
  EXPECT_EQ(std::count(out.begin(), out.end(), '@'), 52 + 25);
  out.clear();
  append_histogram(out, {{"[0]", {}, 0}});
  EXPECT_EQ(std::count(out.begin(), out.end(), '@'), 0);
}

}  // namespace
}  // namespace tracer

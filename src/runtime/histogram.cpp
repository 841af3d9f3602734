#include "runtime/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tracer {

namespace {

constexpr int kBarColumns = 52;

// A bound of a logarithmic bucket: mantissa * 2^exponent.
struct Bound {
  uint64_t mantissa;
  uint32_t exponent;
};

// First value of a bucket that stands for values >= 0.
Bound lower_bound(uint32_t index, uint32_t bits) {
  uint64_t parts = uint64_t{1} << bits;  // buckets for each power of two
  uint64_t j = index - 1;
  if (j < parts) return {j, 0};
  uint32_t exponent = std::min(static_cast<uint32_t>(j >> bits) - 1, 63u);
  return {parts + (j & (parts - 1)), exponent};
}

Bound upper_bound(uint32_t index, uint32_t bits) {
  Bound bound = lower_bound(index, bits);
  bound.mantissa += 1;
  // The end of the last bucket of a power of two is the start of the next power.
  if (bound.mantissa == uint64_t{2} << bits) return {uint64_t{1} << bits, bound.exponent + 1};
  return bound;
}

std::string bound_text(Bound bound) {
  static constexpr const char* kUnits[] = {"", "K", "M", "G", "T", "P", "E"};
  return fmt::format("{}{}", bound.mantissa << (bound.exponent % 10), kUnits[bound.exponent / 10]);
}

bool has_width_one(uint32_t index, uint32_t bits) { return lower_bound(index, bits).exponent == 0; }

uint64_t value_of(Bound bound) { return bound.exponent > 63 ? 0 : bound.mantissa << bound.exponent; }

// Bounds are shortened only when every bound of the histogram can be a round number.
std::string lhist_bound(int64_t value, int64_t step) {
  constexpr int64_t kKilo = 1024, kMega = 1024 * 1024;
  if (value == 0 || step % kKilo != 0) return fmt::format("{}", value);
  if (value % kMega == 0) return fmt::format("{}M", value / kMega);
  if (value % kKilo == 0) return fmt::format("{}K", value / kKilo);
  return fmt::format("{}", value);
}

}  // namespace

std::string hist_label(uint32_t index, uint32_t bits) {
  if (index == 0) return "(..., 0)";
  std::string from = bound_text(lower_bound(index, bits));
  if (has_width_one(index, bits)) return fmt::format("[{}]", from);
  return fmt::format("[{}, {})", from, bound_text(upper_bound(index, bits)));
}

BucketRange hist_range(uint32_t index, uint32_t bits) {
  if (index == 0) return {std::nullopt, -1};
  return {static_cast<int64_t>(value_of(lower_bound(index, bits))),
          static_cast<int64_t>(value_of(upper_bound(index, bits)) - 1)};
}

std::string lhist_label(uint32_t index, int64_t min, int64_t max, int64_t step) {
  step = std::max<int64_t>(step, 1);
  if (index == 0) return fmt::format("(..., {})", lhist_bound(min, step));
  if (index > (max - min) / step) return fmt::format("[{}, ...)", lhist_bound(max, step));
  int64_t from = min + (int64_t{index} - 1) * step;
  if (step == 1) return fmt::format("[{}]", lhist_bound(from, step));
  return fmt::format("[{}, {})", lhist_bound(from, step), lhist_bound(from + step, step));
}

BucketRange lhist_range(uint32_t index, int64_t min, int64_t max, int64_t step) {
  step = std::max<int64_t>(step, 1);
  if (index == 0) return {std::nullopt, min - 1};
  if (index > (max - min) / step) return {max, std::nullopt};
  int64_t from = min + (int64_t{index} - 1) * step;
  return {from, from + step - 1};
}

std::vector<Bucket> histogram_buckets(const MapPlan& plan, const std::map<uint32_t, uint64_t>& counts) {
  std::vector<Bucket> buckets;
  if (counts.empty()) return buckets;
  // More buckets than any histogram has: indices that no program writes.
  constexpr uint32_t kMostBuckets = 4096;
  uint32_t first = counts.begin()->first;
  uint32_t last = std::min(counts.rbegin()->first, kMostBuckets);
  for (uint32_t index = first; index <= last; ++index) {
    auto found = counts.find(index);
    Bucket bucket;
    bucket.count = found == counts.end() ? 0 : found->second;
    if (plan.kind == MapKind::LinearHist) {
      bucket.label = lhist_label(index, plan.lhist_min, plan.lhist_max, plan.lhist_step);
      bucket.range = lhist_range(index, plan.lhist_min, plan.lhist_max, plan.lhist_step);
    } else {
      bucket.label = hist_label(index, plan.hist_bits);
      bucket.range = hist_range(index, plan.hist_bits);
    }
    buckets.push_back(std::move(bucket));
  }
  return buckets;
}

void append_histogram(std::string& out, const std::vector<Bucket>& buckets) {
  uint64_t largest = 0;
  for (const Bucket& bucket : buckets) largest = std::max(largest, bucket.count);
  for (const Bucket& bucket : buckets) {
    // 128 bits: counts near 2^64 times the width.
    auto bar =
        largest == 0
            ? 0
            : static_cast<size_t>(static_cast<unsigned __int128>(bucket.count) * kBarColumns / largest);
    fmt::format_to(std::back_inserter(out), "{:<16}{:>8} |{:<52}|\n", bucket.label, bucket.count,
                   std::string(bar, '@'));
  }
}

}  // namespace tracer

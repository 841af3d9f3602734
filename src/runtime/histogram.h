// Buckets of hist and lhist: ranges, labels, lines (LANGUAGE 5.4, 5.5, 5.8).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace tracer {

struct BucketRange {
  std::optional<int64_t> min;  // none: everything below max
  std::optional<int64_t> max;  // inclusive; none: everything from min on
};

// A histogram's lines, from the lowest to the highest used bucket, empty ones between included.
struct Bucket {
  std::string label;
  BucketRange range;
  uint64_t count = 0;
};
std::vector<Bucket> histogram_buckets(const MapPlan& plan, const std::map<uint32_t, uint64_t>& counts);

std::string hist_label(uint32_t index, uint32_t bits);
BucketRange hist_range(uint32_t index, uint32_t bits);
std::string lhist_label(uint32_t index, int64_t min, int64_t max, int64_t step);
BucketRange lhist_range(uint32_t index, int64_t min, int64_t max, int64_t step);

// One line for each bucket: label, count, bar.
void append_histogram(std::string& out, const std::vector<Bucket>& buckets);

}  // namespace tracer

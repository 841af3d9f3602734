// The numbers that an entry shows, `div` applied: what text and JSON have in common.
#pragma once

#include "runtime/bytes.h"
#include "runtime/histogram.h"
#include "runtime/map_merge.h"

namespace tracer {

// Division of a 64-bit word by its sign, toward zero.
inline uint64_t divide(uint64_t value, uint64_t by, bool is_signed) {
  if (by <= 1) return value;
  if (!is_signed || static_cast<int64_t>(value) >= 0) return value / by;
  return -(-value / by);  // unsigned negation: right for -2^63 and for divisors above 2^63 too
}

// Signed as Sum and its relatives are declared; Count is not.
inline bool shows_signed(const MapPlan& plan) { return plan.kind != MapKind::Count && plan.value.is_signed; }

// Count, Sum, Min, Max, Avg: the one number.
inline uint64_t shown_number(const MapPlan& plan, const MapEntry& entry, uint64_t div) {
  uint64_t number = plan.kind == MapKind::Avg ? average(entry, plan.value.is_signed) : entry.number;
  return divide(number, div, shows_signed(plan));
}

struct StatsNumbers {
  uint64_t count, average, total;
};
inline StatsNumbers shown_stats(const MapPlan& plan, const MapEntry& entry, uint64_t div) {
  bool is_signed = plan.value.is_signed;
  return {entry.calls, divide(average(entry, is_signed), div, is_signed),
          divide(entry.number, div, is_signed)};
}

// `div` applies to the counts of hist only.
inline std::vector<Bucket> shown_buckets(const MapPlan& plan, const MapEntry& entry, uint64_t div) {
  std::vector<Bucket> buckets = histogram_buckets(plan, entry.buckets);
  if (plan.kind == MapKind::Hist) {
    for (Bucket& bucket : buckets) bucket.count = divide(bucket.count, div, false);
  }
  return buckets;
}

// Plain integers, divided; other plain values unchanged.
inline std::vector<std::byte> shown_plain(const MapPlan& plan, const MapEntry& entry, uint64_t div) {
  std::vector<std::byte> bytes = entry.plain;
  if (div > 1 && plan.value.is(TypeKind::Int)) {
    uint64_t value = divide(load_integer(plan.value, bytes), div, plan.value.is_signed);
    std::memcpy(bytes.data(), &value, std::min<size_t>(bytes.size(), sizeof value));
  }
  return bytes;
}

}  // namespace tracer

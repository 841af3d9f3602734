#include "runtime/map_table.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "runtime/bytes.h"
#include "runtime/map_order.h"
#include "runtime/series.h"

namespace tracer {

namespace {

constexpr size_t kChunkBytes = 1 << 20;
// Rows read, and comparisons made, between two calls of Meanwhile: a fraction of a millisecond.
constexpr size_t kRowsAtOnce = 512;
constexpr size_t kComparisonsAtOnce = 2048;

bool orders_signed(const MapPlan& plan) {
  return plan.kind != MapKind::Count && !plan.bucketed() && plan.value.is_signed;
}

// What an entry with one row is ordered by; 0 for kinds without an order of their own.
uint64_t order_number(const Merge& merge, Bytes combined) {
  const MapPlan& plan = merge.plan;
  if (plan.kind == MapKind::Plain) {
    const bool ordered = plan.value.is(TypeKind::Int) || plan.value.is(TypeKind::Enum);
    return ordered ? load_integer(plan.value, combined) : 0;
  }
  MapEntry entry;
  add_combined(merge, combined, 0, entry);
  const bool has_average = plan.kind == MapKind::Avg || plan.kind == MapKind::Stats;
  return has_average ? average(entry, plan.value.is_signed) : entry.number;
}

}  // namespace

MapTable::MapTable(const MapPlan& plan, bool zeroed)
    : plan_(plan),
      zeroed_(zeroed),
      key_size_(plan.scalar() && !plan.bucketed() ? 0 : plan.key_size),
      bucket_size_(plan.bucketed() ? sizeof(uint64_t) : 0),
      row_size_(std::max<size_t>(key_size_ + combined_size(plan), 1)),
      chunk_rows_(std::max<size_t>(kChunkBytes / row_size_, 1)) {}

Result<MapTable> MapTable::read(const MapPlan& plan, Session& session, uint32_t index, bool zeroed) {
  MapTable table(plan, zeroed);
  auto read = session.for_each(index, [&](Bytes key, std::span<const Bytes> values) {
    table.add(key, values);
    if (table.rows_ % kRowsAtOnce == 0) session.set_aside();
  });
  if (!read) return std::unexpected(read.error());
  if (plan.bucketed()) {
    table.group_rows();
  } else {
    table.order_.resize(table.rows_);
    std::iota(table.order_.begin(), table.order_.end(), 0u);
  }
  return table;
}

std::byte* MapTable::new_row() {
  if (rows_ % chunk_rows_ == 0) chunks_.emplace_back().reserve(chunk_rows_ * row_size_);
  chunks_.back().resize(chunks_.back().size() + row_size_);
  return row(rows_++);
}

void MapTable::add(Bytes key, std::span<const Bytes> values) {
  std::byte* const to = new_row();
  std::copy_n(key.begin(), std::min(key.size(), key_size_), to);
  combine(plan_, values, to + key_size_);
  if (plan_.kind != MapKind::TimeSeries) return;
  const SeriesValue value = series_value(Bytes(to + key_size_, row_size_ - key_size_));
  if (value.meta > 0) newest_epoch_ = std::max(newest_epoch_, value.epoch);
}

void MapTable::add_zero() {
  zeroed_ = true;
  order_.push_back(static_cast<uint32_t>(rows_));
  new_row();
}

Bytes MapTable::key(size_t i) const { return row(i).first(key_size_ - bucket_size_); }
Bytes MapTable::value(size_t i) const { return row(i).subspan(key_size_); }
uint64_t MapTable::bucket(size_t i) const {
  return bucket_size_ == 0 ? 0 : load_unsigned(row(i), key_size_ - bucket_size_, bucket_size_);
}

size_t MapTable::row_of(uint32_t entry, size_t i) const {
  return plan_.bucketed() ? sorted_rows_[groups_[entry].first + i] : entry;
}

// Brings the buckets of each key together. Keys without a bucket that is shown are left out.
void MapTable::group_rows() {
  sorted_rows_.resize(rows_);
  std::iota(sorted_rows_.begin(), sorted_rows_.end(), 0u);
  std::sort(sorted_rows_.begin(), sorted_rows_.end(), [&](uint32_t a, uint32_t b) {
    const int keys = as_text(key(a)).compare(as_text(key(b)));
    return keys != 0 ? keys < 0 : bucket(a) < bucket(b);
  });
  const uint64_t oldest = oldest_epoch(plan_, newest_epoch_);
  for (uint32_t begin = 0, end; begin < rows_; begin = end) {
    Group group{begin};
    bool shown = false;
    for (end = begin; end < rows_; ++end) {
      const uint32_t each = sorted_rows_[end];
      if (as_text(key(each)) != as_text(key(sorted_rows_[begin]))) break;
      const SeriesValue value = series_value(this->value(each));
      const bool series = plan_.kind == MapKind::TimeSeries;
      shown = shown || (series ? value.meta > 0 && value.epoch >= oldest : value.word > 0);
      if (!series) group.number += value.word;
    }
    group.rows = end - begin;
    if (!shown) continue;
    order_.push_back(static_cast<uint32_t>(groups_.size()));
    groups_.push_back(group);
  }
}

int MapTable::compare_values(uint32_t a, uint32_t b) const {
  if (plan_.bucketed()) return compare_numbers(groups_[a].number, groups_[b].number, false);
  const Merge merge{plan_, zeroed_};
  return compare_numbers(order_number(merge, value(a)), order_number(merge, value(b)), orders_signed(plan_));
}

bool MapTable::before(uint32_t a, uint32_t b) const {
  if (const int order = compare_values(a, b); order != 0) return order < 0;
  const Bytes first = key(row_of(a, 0)), second = key(row_of(b, 0));
  if (const int order = compare_keys(plan_.key, first, second); order != 0) return order < 0;
  // Keys that look the same may differ in bytes that are not shown.
  return as_text(first) < as_text(second);
}

void MapTable::order(uint64_t top, const Meanwhile& meanwhile) {
  size_t comparisons = 0;
  auto in_order = [&](uint32_t a, uint32_t b) {
    if (++comparisons % kComparisonsAtOnce == 0) meanwhile();
    return before(a, b);
  };
  if (top > 0 && order_.size() > top) {
    const auto first = order_.end() - static_cast<long>(top);
    std::nth_element(order_.begin(), first, order_.end(), in_order);
    order_.erase(order_.begin(), first);
  }
  std::sort(order_.begin(), order_.end(), in_order);
}

MapEntry MapTable::entry(size_t i) const {
  const uint32_t entry = order_[i];
  MapEntry shown;
  const Bytes key = this->key(row_of(entry, 0));
  shown.key.assign(key.begin(), key.end());
  for (size_t row = 0; row < rows_of(entry); ++row) {
    const size_t at = row_of(entry, row);
    add_combined({plan_, zeroed_}, value(at), static_cast<uint32_t>(bucket(at)), shown);
  }
  if (plan_.kind == MapKind::TimeSeries) {
    shown.newest_epoch = newest_epoch_;
    shown.series.erase(shown.series.begin(), shown.series.lower_bound(oldest_epoch(plan_, newest_epoch_)));
  }
  return shown;
}

}  // namespace tracer

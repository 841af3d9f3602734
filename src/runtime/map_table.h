// The entries of a map, as they were when it was read (layouts: MapKind in plan/plan.h).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "plan/plan.h"
#include "runtime/map_merge.h"
#include "runtime/session.h"

namespace tracer {

// A map may have millions of entries. They are kept as the session gives them, the CPUs combined, keys and
// values side by side without a byte between them; only the entry that is being shown is taken apart.
class MapTable {
 public:
  // Called again and again by what takes long.
  using Meanwhile = std::function<void()>;

  // `plan` is borrowed. `zeroed`: the map was once set to zero by user space; a minimum or maximum that
  // holds no value then reads as 0.
  MapTable(const MapPlan& plan, bool zeroed);

  static Result<MapTable> read(const MapPlan& plan, Session& session, uint32_t index, bool zeroed);
  // What a scalar map that was never written shows.
  void add_zero();

  // Puts the entries in printing order (LANGUAGE 5.8); with `top` only the last `top` of them stay.
  void order(
      uint64_t top, const Meanwhile& meanwhile = [] {});

  size_t size() const { return order_.size(); }
  bool empty() const { return order_.empty(); }
  const MapPlan& plan() const { return plan_; }
  MapEntry entry(size_t i) const;

 private:
  // Rows of one key: buckets of histograms and time series. Other maps have one row an entry.
  struct Group {
    uint32_t first = 0, rows = 0;  // in sorted_rows_
    uint64_t number = 0;           // what the entry is ordered by
  };

  void add(Bytes key, std::span<const Bytes> values);
  std::byte* new_row();
  void group_rows();
  std::byte* row(size_t i) { return chunks_[i / chunk_rows_].data() + i % chunk_rows_ * row_size_; }
  Bytes row(size_t i) const {
    return Bytes(chunks_[i / chunk_rows_]).subspan(i % chunk_rows_ * row_size_, row_size_);
  }
  Bytes key(size_t row) const;
  Bytes value(size_t row) const;
  uint64_t bucket(size_t row) const;
  size_t rows_of(uint32_t entry) const { return plan_.bucketed() ? groups_[entry].rows : 1; }
  size_t row_of(uint32_t entry, size_t i) const;
  bool before(uint32_t a, uint32_t b) const;
  int compare_values(uint32_t a, uint32_t b) const;

  const MapPlan& plan_;
  bool zeroed_;
  size_t key_size_, bucket_size_, row_size_, chunk_rows_;
  size_t rows_ = 0;
  std::deque<std::vector<std::byte>> chunks_;  // never moved as the table grows
  std::vector<uint32_t> sorted_rows_;          // bucketed: by key and bucket
  std::vector<Group> groups_;
  std::vector<uint32_t> order_;  // rows or groups
  uint64_t newest_epoch_ = 0;    // time series: of all keys
};

}  // namespace tracer

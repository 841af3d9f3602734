// Maps of a program while it is evaluated, and their text (LANGUAGE 5).
#pragma once

#include <map>

#include "program.h"

namespace tracer::differential {

class MapStates {
 public:
  explicit MapStates(const std::vector<Map>& maps) : maps_(maps), states_(maps.size()) {}

  Value read(uint32_t map, const Value& key, const Ty& type) const;
  void store(uint32_t map, const Value& key, Value value);
  bool has(uint32_t map, const Value& key) const;
  uint64_t size(uint32_t map) const;
  bool erase(uint32_t map, const Value& key);
  void aggregate(uint32_t map, const Value& key, uint64_t argument);
  // Of count, sum, min, max and avg; 0 for a missing key.
  uint64_t aggregate_value(uint32_t map, const Value& key) const;
  // Plain ones, and the combined values of aggregations.
  std::vector<std::pair<Value, Value>> entries(uint32_t map) const;
  // As at exit; empty when nothing is printed.
  std::string text(size_t map, const std::string& suffix) const;

 private:
  struct Cell {
    Value value;
    uint64_t total = 0, count = 0, extreme = 0;
    std::map<uint64_t, uint64_t> buckets;
  };
  struct Before {
    bool operator()(const Value& a, const Value& b) const { return key_before(a, b); }
  };
  using Cells = std::map<Value, Cell, Before>;

  uint64_t combined(const Map& map, const Cell& cell) const;
  std::string value_text(const Map& map, const Cell& cell) const;
  std::vector<const Cells::value_type*> in_order(size_t map) const;

  const std::vector<Map>& maps_;
  std::vector<Cells> states_;
};

}  // namespace tracer::differential

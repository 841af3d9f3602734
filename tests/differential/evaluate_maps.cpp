#include "evaluate_maps.h"

#include <algorithm>

#include "values.h"

namespace tracer::differential {

namespace {

int64_t as_signed(uint64_t number) { return static_cast<int64_t>(number); }

bool is_histogram(const Map& map) {
  return map.aggregate == Aggregate::Hist || map.aggregate == Aggregate::LinearHist;
}

bool signed_sum(const Map& map) { return map.aggregate != Aggregate::Count && map.value.sign; }

// LANGUAGE 5.4.
uint64_t hist_bucket(uint64_t n, uint32_t k) {
  if (as_signed(n) < 0) return 0;
  if (n < (uint64_t{1} << k)) return 1 + n;
  uint32_t p = 63 - static_cast<uint32_t>(__builtin_clzll(n));
  uint64_t f = (n >> (p - k)) & ((uint64_t{1} << k) - 1);
  return (uint64_t{p - k + 1} << k) + f + 1;
}

// LANGUAGE 5.5.
uint64_t linear_bucket(int64_t n, const Map& map) {
  if (n < map.low) return 0;
  int64_t count = (map.high - map.low) / map.step;
  if (n > map.high) return static_cast<uint64_t>(1 + count);
  return static_cast<uint64_t>(1 + (n - map.low) / map.step);
}

struct Bound {
  uint64_t mantissa = 0;
  uint32_t exponent = 0;
};

std::string bound_text(Bound bound, uint32_t) {
  static constexpr const char* kUnits[] = {"", "K", "M", "G", "T", "P", "E"};
  return std::to_string(bound.mantissa << (bound.exponent % 10)) + kUnits[bound.exponent / 10];
}

Bound hist_bound(uint64_t index, uint32_t k) {
  uint64_t n = uint64_t{1} << k, at = index - 1;
  if (at < n) return {at, 0};
  auto group = static_cast<uint32_t>(at >> k);  // p - k + 1
  return {n + (at & (n - 1)), group - 1};
}

std::string hist_label(uint64_t index, uint32_t k) {
  if (index == 0) return "(..., 0)";
  Bound low = hist_bound(index, k), high = hist_bound(index + 1, k);
  if (low.exponent == 0) return "[" + std::to_string(low.mantissa) + "]";
  return "[" + bound_text(low, k) + ", " + bound_text(high, k) + ")";
}

std::string linear_label(uint64_t index, const Map& map) {
  auto count = static_cast<uint64_t>((map.high - map.low) / map.step);
  auto bound = [&](uint64_t number) {
    int64_t value = map.low + static_cast<int64_t>(number) * map.step;
    for (auto [scale, unit] : {std::pair{int64_t{1048576}, "M"}, {int64_t{1024}, "K"}})
      if (map.step % 1024 == 0 && value != 0 && value % scale == 0)
        return std::to_string(value / scale) + unit;
    return std::to_string(value);
  };
  if (index == 0) return "(..., " + bound(0) + ")";
  if (index > count) return "[" + bound(count) + ", ...)";
  if (map.step == 1) return "[" + bound(index - 1) + "]";
  return "[" + bound(index - 1) + ", " + bound(index) + ")";
}

std::string histogram_text(const Map& map, const std::map<uint64_t, uint64_t>& buckets) {
  std::string text;
  uint64_t largest = 0;
  for (const auto& [index, count] : buckets) largest = std::max(largest, count);
  for (uint64_t index = buckets.begin()->first; index <= buckets.rbegin()->first; ++index) {
    auto found = buckets.find(index);
    uint64_t count = found == buckets.end() ? 0 : found->second;
    std::string label =
        map.aggregate == Aggregate::Hist ? hist_label(index, map.hist_bits) : linear_label(index, map);
    label.resize(std::max<size_t>(16, label.size()), ' ');
    std::string number = std::to_string(count);
    number.insert(0, number.size() < 8 ? 8 - number.size() : 0, ' ');
    std::string bar(52 * count / largest, '@');
    bar.resize(52, ' ');
    text += label + number + " |" + bar + "|\n";
  }
  return text + "\n";
}

}  // namespace

Value MapStates::read(uint32_t map, const Value& key, const Ty& type) const {
  auto found = states_[map].find(key);
  if (found != states_[map].end()) return found->second.value;
  Value zero;
  for (const Ty& element : type.elements) {
    zero.elements.emplace_back();
    zero.elements.back().elements.resize(element.elements.size());
  }
  return zero;
}

void MapStates::store(uint32_t map, const Value& key, Value value) {
  states_[map][key].value = std::move(value);
}

bool MapStates::has(uint32_t map, const Value& key) const { return states_[map].contains(key); }
uint64_t MapStates::size(uint32_t map) const { return states_[map].size(); }
bool MapStates::erase(uint32_t map, const Value& key) { return states_[map].erase(key) > 0; }

void MapStates::aggregate(uint32_t map, const Value& key, uint64_t argument) {
  const Map& info = maps_[map];
  Cell& cell = states_[map][key];
  if (info.aggregate == Aggregate::Min || info.aggregate == Aggregate::Max) {
    bool less = info.value.sign ? as_signed(argument) < as_signed(cell.extreme) : argument < cell.extreme;
    bool wins = info.aggregate == Aggregate::Min ? less : argument != cell.extreme && !less;
    if (cell.count == 0 || wins) cell.extreme = argument;
  }
  cell.total += argument;
  cell.count++;
  if (info.aggregate == Aggregate::Hist) cell.buckets[hist_bucket(argument, info.hist_bits)]++;
  if (info.aggregate == Aggregate::LinearHist) cell.buckets[linear_bucket(as_signed(argument), info)]++;
}

uint64_t MapStates::combined(const Map& map, const Cell& cell) const {
  switch (map.aggregate) {
    case Aggregate::Count:
      return cell.count;
    case Aggregate::Sum:
      return cell.total;
    case Aggregate::Min:
    case Aggregate::Max:
      return cell.extreme;
    case Aggregate::Avg:
    case Aggregate::Stats:
      if (cell.count == 0) return 0;
      return map.value.sign ? static_cast<uint64_t>(as_signed(cell.total) / as_signed(cell.count))
                            : cell.total / cell.count;
    default:
      return cell.value.number;
  }
}

uint64_t MapStates::aggregate_value(uint32_t map, const Value& key) const {
  auto found = states_[map].find(key);
  return found == states_[map].end() ? 0 : combined(maps_[map], found->second);
}

std::vector<std::pair<Value, Value>> MapStates::entries(uint32_t map) const {
  std::vector<std::pair<Value, Value>> list;
  for (const auto& [key, cell] : states_[map]) list.push_back({key, {combined(maps_[map], cell), {}, {}}});
  return list;
}

// LANGUAGE 5.8: by value where it is a number, equal values by key.
std::vector<const MapStates::Cells::value_type*> MapStates::in_order(size_t index) const {
  const Map& map = maps_[index];
  std::vector<const Cells::value_type*> list;
  for (const auto& each : states_[index]) list.push_back(&each);
  bool by_value = map.aggregate != Aggregate::None || map.value.is(Ty::Kind::Int);
  if (!by_value) return list;
  auto measure = [&](const Cell& cell) {
    if (!is_histogram(map)) return combined(map, cell);
    return cell.count;
  };
  bool sign = !is_histogram(map) && signed_sum(map);
  std::stable_sort(list.begin(), list.end(), [&](const auto* a, const auto* b) {
    uint64_t x = measure(a->second), y = measure(b->second);
    return sign ? as_signed(x) < as_signed(y) : x < y;
  });
  return list;
}

std::string MapStates::value_text(const Map& map, const Cell& cell) const {
  Ty type = map.aggregate == Aggregate::None ? map.value : integer(64, signed_sum(map));
  if (map.aggregate == Aggregate::None) return text_of(cell.value, type);
  std::string value = text_of({combined(map, cell), {}, {}}, type);
  if (map.aggregate != Aggregate::Stats) return value;
  return "{ .count = " + std::to_string(cell.count) + ", .average = " + value +
         ", .total = " + text_of({cell.total, {}, {}}, type) + " }";
}

std::string MapStates::text(size_t index, const std::string& suffix) const {
  const Map& map = maps_[index];
  std::string text;
  for (const auto* entry : in_order(index)) {
    text += "@" + map.name + suffix;
    if (map.keyed) {
      std::string key = text_of(entry->first, map.key);
      // The parentheses of a tuple key are dropped.
      if (map.key.is(Ty::Kind::Tuple)) key = key.substr(1, key.size() - 2);
      text += "[" + key + "]";
    }
    if (is_histogram(map)) {
      text += ":\n" + histogram_text(map, entry->second.buckets);
    } else {
      text += ": " + value_text(map, entry->second) + "\n";
    }
  }
  return text;
}

}  // namespace tracer::differential

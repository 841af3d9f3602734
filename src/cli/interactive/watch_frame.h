// One picture of maps for `:watch`: lines of text, newest values, rates since the picture before.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/live_script.h"
#include "runtime/symbols.h"

namespace tracer {

enum class WatchOrder : uint8_t { Value, Rate, Key };
const char* order_name(WatchOrder order);

class WatchFrames {
 public:
  // Shows all maps of the script's Plan; both are borrowed.
  WatchFrames(LiveScript& script, Symbols& symbols) : script_(script), symbols_(symbols) {}

  // Reads the maps. Maps with one number a key become tables of value, rate per second and key, the largest
  // first; others are shown as at the end of a script.
  Result<std::vector<std::string>> next(WatchOrder order);

 private:
  using Clock = std::chrono::steady_clock;
  struct Row {
    std::string key, value;
    double number = 0, rate = 0;
  };

  void add_table(const MapPlan& plan, std::vector<Row> rows, WatchOrder order,
                 std::vector<std::string>& lines);
  std::vector<Row> rows_of(const MapPlan& plan, uint32_t map, const class MapTable& table, double seconds);

  LiveScript& script_;
  Symbols& symbols_;
  std::map<std::pair<uint32_t, std::string>, double> before_;  // numbers by map and key
  std::optional<Clock::time_point> last_;
};

}  // namespace tracer

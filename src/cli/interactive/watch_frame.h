// Pictures of maps for `:watch`: newest values, rates since the reading before, as lines of text.
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

  Result<void> read();
  // What was read last. Maps with one number a key become tables of value, rate per second and key, the
  // largest first; others are shown as at the end of a script. Where `width` is small columns are no wider
  // than needed.
  std::vector<std::string> lines(WatchOrder order, size_t width) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Row {
    std::string key, value;
    double number = 0, rate = 0;
  };
  struct Picture {
    const MapPlan* plan = nullptr;
    bool is_table = false;
    std::vector<Row> rows;  // of a table, as the map has them in order
    std::string text;       // of another
  };

  static void add_table(const Picture& picture, WatchOrder order, size_t width,
                        std::vector<std::string>& lines);
  std::vector<Row> rows_of(const MapPlan& plan, uint32_t map, const class MapTable& table, double seconds);

  LiveScript& script_;
  Symbols& symbols_;
  std::vector<Picture> pictures_;
  std::map<std::pair<uint32_t, std::string>, double> before_;  // numbers by map and key
  std::optional<Clock::time_point> last_;
};

}  // namespace tracer

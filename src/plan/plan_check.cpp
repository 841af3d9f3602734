#include "plan/plan_check.h"

#include <fmt/format.h>

#include <stdexcept>

namespace tracer {
namespace {

constexpr uint32_t kMostHistBits = 5;

void need(bool good, const char* what) {
  if (!good) throw std::runtime_error(fmt::format("{} out of range", what));
}

// What is told without such an index leaves it 0.
template <typename List>
bool is_index(uint32_t index, const List& list) {
  return index < list.size() || index == 0;
}

bool names_place(EventKind kind) { return kind == EventKind::Errorf || kind == EventKind::Warnf; }
bool names_map(EventKind kind) {
  return kind == EventKind::PrintMap || kind == EventKind::ClearMap || kind == EventKind::ZeroMap;
}
bool takes_argument(EventKind kind) { return kind == EventKind::ProcessSeen || kind == EventKind::Unwatch; }
bool takes_format(EventKind kind) { return kind <= EventKind::Fprintf; }

void check(const EventPlan& event, const Plan& plan) {
  need(event.kind <= EventKind::Exit, "event kind");
  need(is_index(event.map, plan.maps) && (!names_map(event.kind) || event.map < plan.maps.size()),
       "map of an event");
  need(is_index(event.place, plan.places) && (!names_place(event.kind) || event.place < plan.places.size()),
       "place of an event");
  for (const Field& argument : event.arguments)
    need(uint64_t{argument.offset} + argument.type.size <= event.size, "argument of an event");
  need(!takes_argument(event.kind) || !event.arguments.empty(), "arguments of an event");
  need(!takes_format(event.kind) || conversions(event.format) <= event.arguments.size(),
       "arguments of a format");
}

// begin, end, interval and the like stand for themselves.
bool has_targets(Provider provider) {
  return provider > Provider::Bench && provider != Provider::Profile && provider != Provider::Interval;
}

void check(const ProbePlan& probe) {
  need(probe.provider <= Provider::Iter, "provider");
  need(!has_targets(probe.provider) || !probe.targets.empty(), "targets of a probe");
}

void check(const MapPlan& map) {
  need(map.kind <= MapKind::TimeSeries, "map kind");
  need(map.storage <= MapStorage::LruPerCpuHash, "map storage");
  need(map.value_size >= 8 && map.value_size % 8 == 0, "size of a map's value");
  need(map.kind != MapKind::Plain || map.value.size <= map.value_size, "type of a map's value");
  need(map.key.size <= map.key_size || map.scalar(), "size of a map's key");
  need(map.hist_bits <= kMostHistBits, "buckets of a histogram");
  need(map.series_aggregate <= SeriesAggregate::Sum, "aggregate of a time series");
  const bool series = map.kind == MapKind::TimeSeries;
  need(!series || (map.value_size >= 24 && map.series_interval > 0 && map.series_length > 0), "time series");
}

void check(const CounterPlan& counter, const Plan& plan) {
  need(counter.kind <= CounterKind::ProbeMissed, "counter kind");
  need(is_index(counter.place, plan.places), "place of a counter");
}

void check(const Need& each, const Plan& plan) {
  need(each.kind <= NeedKind::Kernel, "kind of a need");
  need(is_index(each.place, plan.places), "place of a need");
}

}  // namespace

std::string flaw_of(const Plan& plan) {
  try {
    for (const EventPlan& event : plan.events) check(event, plan);
    for (const CounterPlan& counter : plan.counters) check(counter, plan);
    for (const ProbePlan& probe : plan.probes) check(probe);
    for (const Need& each : plan.needs) check(each, plan);
    for (const MapPlan& map : plan.maps) check(map);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace tracer

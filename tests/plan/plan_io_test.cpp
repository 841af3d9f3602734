#include <gtest/gtest.h>

#include <random>

#include "plan/plan.h"

namespace tracer {
namespace {

Plan example() {
  Plan plan;
  plan.script = "stdin";
  plan.config.str_trunc_trailer = "\xff..";
  ProbePlan probe;
  probe.provider = Provider::Kprobe;
  probe.name = "kprobe:vfs_read";
  probe.targets.push_back({"kprobe:vfs_read", "", "vfs_read", 16, 0});
  plan.probes.push_back(probe);
  MapPlan map;
  map.name = "@c";
  map.kind = MapKind::Count;
  map.storage = MapStorage::PerCpuHash;
  map.key = tuple_type({int_type(4, false), string_type(16)});
  map.value = aggregate_type(TypeKind::Count, false);
  map.key_size = 24;
  map.value_size = 8;
  map.lhist_min = -1;
  plan.maps.push_back(map);
  EventPlan event;
  event.kind = EventKind::Printf;
  event.size = 16;
  event.arguments.push_back({"", int_type(8, true), 8});
  FormatError error;
  event.format = parse_format("n=%-5d\n", error);
  plan.events.push_back(event);
  plan.counters.push_back({CounterKind::MapFull, 0, 0, 0, "map_update_elem", "", true});
  plan.places.push_back({"stdin", 1, 2, 3, "begin {}", {{"lib.bt", 4, 5, 6, "import", {}}}});
  return plan;
}

TEST(PlanIo, RoundTrips) {
  Plan plan = example();
  auto read = plan_from_bytes(plan_to_bytes(plan));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(plan_to_text(*read), plan_to_text(plan));
  EXPECT_TRUE(same_type(read->maps[0].key, plan.maps[0].key));
  EXPECT_EQ(read->config.str_trunc_trailer, "\xff..");
  EXPECT_EQ(read->config.max_strlen, 1024u);
  EXPECT_EQ(read->maps[0].lhist_min, -1);
}

TEST(PlanIo, RefusesAnotherVersion) {
  std::string bytes = plan_to_bytes(example());
  size_t at = bytes.find("tracer") + 6;
  bytes[at] = 9;
  auto read = plan_from_bytes(bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().text, "the object has a Plan of version 9, this tracer reads version 1");
}

TEST(PlanIo, SurvivesDamage) {
  std::string good = plan_to_bytes(example());
  for (size_t cut = 0; cut < good.size(); cut++) EXPECT_FALSE(plan_from_bytes(good.substr(0, cut)));
  std::mt19937 random(1);
  for (int i = 0; i < 5000; i++) {
    std::string bad = good;
    for (int k = 0; k < 3; k++) bad[random() % bad.size()] = static_cast<char>(random());
    (void)plan_from_bytes(bad);  // any answer will do, a crash will not
  }
  EXPECT_FALSE(plan_from_bytes(std::string(1 << 20, '\x81')));  // a million nested lists
  EXPECT_FALSE(plan_from_bytes(""));
}

TEST(PlanIo, RefusesWhatPointsNowhere) {
  const std::vector<std::pair<const char*, void (*)(Plan&)>> flaws = {
      {"map of an event",
       [](Plan& plan) {
         plan.events[0].kind = EventKind::PrintMap;
         plan.maps.clear();
       }},
      {"place of an event",
       [](Plan& plan) {
         plan.events[0].kind = EventKind::Errorf;
         plan.places.clear();
       }},
      {"argument of an event", [](Plan& plan) { plan.events[0].arguments[0].offset = 12; }},
      {"arguments of an event",
       [](Plan& plan) { plan.events[0] = {.kind = EventKind::Unwatch, .size = 16}; }},
      {"arguments of a format", [](Plan& plan) { plan.events[0].arguments.clear(); }},
      {"targets of a probe", [](Plan& plan) { plan.probes[0].targets.clear(); }},
      {"type of a map's value",
       [](Plan& plan) {
         plan.maps[0].kind = MapKind::Plain;
         plan.maps[0].value = string_type(4000);
       }},
      {"size of a map's key", [](Plan& plan) { plan.maps[0].key_size = 8; }},
      {"buckets of a histogram", [](Plan& plan) { plan.maps[0].hist_bits = 64; }},
  };
  for (const auto& [what, spoil] : flaws) {
    Plan plan = example();
    spoil(plan);
    const auto read = plan_from_bytes(plan_to_bytes(plan));
    ASSERT_FALSE(read) << what;
    EXPECT_EQ(read.error().text, std::string("the Plan of the object is damaged: ") + what + " out of range");
  }
}

}  // namespace
}  // namespace tracer

// Whatever a saved object says: it is refused, or it runs on whatever bytes come, without a crash.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "fake_session.h"
#include "runtime/run.h"
#include "runtime/symbols.h"

namespace tracer {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostBytes = 4096;  // of a record, key or value

std::vector<Type> all_types() {
  const Type number = int_type(4, true), text = string_type(16);
  return {number,
          bool_type(),
          text,
          buffer_type(12),
          void_pointer_type(AddressSpace::Kernel),
          array_type(int_type(2, false), 5),
          tuple_type({number, text, tuple_type({bool_type(), number})}),
          record_type({{"a", number}, {"b", text}}),
          stack_type(TypeKind::KernelStack, StackMode::Bpftrace, 4),
          stack_type(TypeKind::UserStack, StackMode::Perf, 4),
          stack_type(TypeKind::UserStack, StackMode::BuildId, 4),
          kernel_symbol_type(),
          user_symbol_type(),
          inet_type(),
          mac_type(),
          username_type(),
          timestamp_type(ClockMode::Boot)};
}

MapPlan any_map(MapKind kind, const Type& key, const Type& value) {
  static int number = 0;
  MapPlan map;
  map.name = "@" + std::to_string(++number);
  map.kind = kind;
  map.key = key;
  map.value = value;
  map.storage = kind == MapKind::Plain ? MapStorage::Hash : MapStorage::PerCpuHash;
  map.key_size = (key.size + 15) / 8 * 8;
  map.value_size = kind == MapKind::Plain ? (value.size + 7) / 8 * 8 : 24;
  map.hist_bits = 2;
  map.lhist_max = 100;
  map.lhist_step = 10;
  map.series_interval = 1'000'000;
  map.series_length = 5;
  map.max_entries = 64;
  return map;
}

// Every type as an argument and as a key, every kind of map and of event but those that act on the system.
Plan rich_plan() {
  Plan plan;
  plan.script = "stdin";
  plan.places = {{"stdin", 1, 1, 4, "text"}};
  for (const Provider provider : {Provider::Begin, Provider::Interval, Provider::End}) {
    plan.probes.emplace_back();
    plan.probes.back().provider = provider;
    plan.probes.back().name = "probe";
  }
  FormatError error;
  for (const Type& type : all_types()) {
    const uint32_t size = (kDataHeaderSize + type.size + 7) / 8 * 8;
    EventPlan print{.kind = EventKind::Printf, .size = size, .arguments = {{"", type, kDataHeaderSize}}};
    print.format = parse_format(type.is_integer_like() ? "%-5d|\n" : "%s|\n", error);
    plan.events.push_back(print);
    plan.events.push_back(
        {.kind = EventKind::PrintValue, .size = size, .arguments = {{"", type, kDataHeaderSize}}});
    plan.maps.push_back(any_map(MapKind::Plain, type, type));
  }
  EventPlan failed{.kind = EventKind::Errorf, .either_ring = true, .size = kControlHeaderSize};
  failed.format = parse_format("bad\n", error);
  plan.events.push_back(failed);
  for (int kind = 0; kind <= static_cast<int>(MapKind::TimeSeries); ++kind) {
    plan.maps.push_back(any_map(static_cast<MapKind>(kind), int_type(8, false), int_type(8, true)));
    plan.events.push_back({.kind = EventKind::PrintMap,
                           .control = true,
                           .size = kControlHeaderSize,
                           .map = static_cast<uint32_t>(plan.maps.size() - 1)});
  }
  CounterPlan lost;
  lost.kind = CounterKind::LostEvent;
  plan.counters.push_back(lost);
  return plan;
}

class DamagedPlan : public testing::Test {
 protected:
  uint32_t below(uint32_t limit) { return limit < 2 ? 0 : random_() % limit; }

  // What a value is changed into: what stands beside it, and what is at the ends of types.
  Json other(const Json& value) {
    static const Json kOdd[] = {
        0,  1,       2,  7,      8,    255,           65535,         4294967295u, 18446744073709551615u,
        -1, nullptr, "", "%s%s", true, Json::array(), Json::object()};
    if (value.is_number() && below(2) == 0) return value.get<int64_t>() + static_cast<int>(below(17)) - 8;
    return kOdd[below(std::size(kOdd))];
  }

  void collect(Json& in, std::vector<Json*>& all) {
    all.push_back(&in);
    if (in.is_structured())
      for (Json& each : in) collect(each, all);
  }

  Json damaged(const Json& whole) {
    Json changed = whole;
    for (uint32_t i = 1 + below(4); i > 0; --i) {
      std::vector<Json*> all;
      collect(changed["plan"], all);
      Json& chosen = *all[below(static_cast<uint32_t>(all.size()))];
      if (chosen.is_structured() && !chosen.empty()) {
        auto at = chosen.begin();
        std::advance(at, below(static_cast<uint32_t>(chosen.size())));
        if (below(4) == 0)
          chosen.erase(at);
        else if (!at->is_structured())
          *at = other(*at);
      } else if (!chosen.is_structured()) {
        chosen = other(chosen);
      }
    }
    return changed;
  }

  ByteString any_bytes(size_t size) {
    ByteString bytes(std::min(size, kMostBytes));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(below(3) == 0 ? below(256) : below(3));
    return bytes;
  }

  // Records and entries as long as the plan says.
  void run_it(Plan plan) {
    // Nothing to wait for.
    std::erase_if(plan.probes, [](const ProbePlan& probe) { return probe.provider > Provider::End; });
    FakeSession session;
    for (uint32_t event = 0; event < plan.events.size(); ++event) {
      const EventPlan& about = plan.events[event];
      // These act on the system.
      if (about.kind == EventKind::System || about.kind == EventKind::Cat ||
          about.kind == EventKind::Fprintf || about.kind == EventKind::Packet || about.size > kMostBytes)
        continue;
      ByteString record = any_bytes(std::max(about.size, kDataHeaderSize));
      std::memcpy(record.data(), &event, sizeof event);
      session.sends[Provider::Begin].push_back(record);
    }
    for (uint32_t map = 0; map < plan.maps.size(); ++map)
      for (int entry = 0; entry < 3; ++entry) {
        const MapPlan& about = plan.maps[map];
        if (about.key_size > kMostBytes || about.value_size > kMostBytes) continue;
        session.maps[map].push_back(
            {any_bytes(about.key_size), {any_bytes(about.value_size), any_bytes(about.value_size)}});
      }
    session.counter_values.resize(plan.counters.size(), {1, 0});
    Symbols symbols("/nonexistent");
    std::string text;
    OutputOptions where{.format = below(2) == 0 ? OutputFormat::Text : OutputFormat::Json, .memory = &text};
    auto output = make_output(where, plan, symbols);
    ASSERT_TRUE(output.has_value());
    RunOptions options;
    (void)run(session, plan, **output, options);
    written_ += text.size();
  }

  std::mt19937 random_{17};
  size_t written_ = 0;
};

TEST_F(DamagedPlan, IsRefusedOrRuns) {
  const std::string bytes = plan_to_bytes(rich_plan());
  const auto whole = plan_from_bytes(bytes);
  ASSERT_TRUE(whole.has_value()) << whole.error().text;
  run_it(*whole);
  EXPECT_GT(written_, 500u);
  const Json json = Json::from_cbor(bytes);
  const char* rounds = std::getenv("FUZZ_ROUNDS");
  size_t ran = 0, refused = 0;
  for (int round = rounds ? atoi(rounds) : 120; round > 0; --round) {
    std::string changed;
    Json::to_cbor(damaged(json), changed);
    const auto plan = plan_from_bytes(changed);
    if (!plan) {
      EXPECT_FALSE(plan.error().text.empty());
      ++refused;
      continue;
    }
    ++ran;
    run_it(*plan);
  }
  EXPECT_GT(ran, 10u);
  EXPECT_GT(refused, 10u);
}

}  // namespace
}  // namespace tracer

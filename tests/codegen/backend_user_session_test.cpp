// The user session over the runtime's maps, rings and helpers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "backend_sample.h"

namespace tracer {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;

Plan plan_with(std::vector<std::pair<Provider, uint64_t>> probes) {
  Plan plan = backend_sample::sample_plan();
  plan.probes.clear();
  for (auto [provider, period] : probes) {
    ProbePlan probe;
    probe.provider = provider;
    probe.period = period;
    probe.clause = plan.probes.size();
    probe.name = "probe" + std::to_string(probe.clause);
    probe.program = probe.name;
    plan.probes.push_back(probe);
  }
  return plan;
}

std::unique_ptr<Session> loaded_session(const Plan& plan) {
  auto session = make_user_session(backend_sample::sample_module(CodeTarget::Host, plan, true), plan);
  EXPECT_TRUE(session) << session.error().text;
  auto loaded = (*session)->load();
  EXPECT_TRUE(loaded) << loaded.error().text;
  return std::move(*session);
}

struct Words {
  uint32_t event, probe;
  uint64_t rest[3];
};

// Collects records until there are `enough`, then asks to stop.
struct Collector {
  size_t enough = SIZE_MAX;
  std::vector<Words> records = {};

  bool operator()(Bytes bytes) {
    Words words = {};
    EXPECT_EQ(bytes.size(), sizeof words);
    std::memcpy(&words, bytes.data(), std::min(bytes.size(), sizeof words));
    records.push_back(words);
    return records.size() < enough;
  }
};

TEST(UserSession, RunsTheProgramsOfAProviderAndDeliversTheirRecords) {
  auto session = loaded_session(plan_with({{Provider::Begin, 0}, {Provider::Begin, 0}, {Provider::End, 0}}));
  ASSERT_TRUE(session->run(Provider::Begin));
  Collector collector;
  ASSERT_TRUE(session->poll(0, std::ref(collector)));
  EXPECT_EQ(collector.records.size(), 2u);
  for (const Words& record : collector.records)
    EXPECT_EQ(record.rest[0] >> 32, static_cast<uint64_t>(getpid()));

  ASSERT_TRUE(session->run(Provider::End));
  ASSERT_TRUE(session->poll(0, std::ref(collector)));
  EXPECT_EQ(collector.records.size(), 3u);
}

TEST(UserSession, ShowsItsMaps) {
  auto session = loaded_session(plan_with({{Provider::Begin, 0}, {Provider::Begin, 0}}));
  ASSERT_TRUE(session->run(Provider::Begin));
  std::vector<uint64_t> counts;
  std::string key;
  ASSERT_TRUE(session->for_each(0, [&](Bytes k, std::span<const Bytes> values) {
    key.assign(reinterpret_cast<const char*>(k.data()), k.size());
    ASSERT_EQ(values.size(), 1u);
    counts.emplace_back();
    std::memcpy(&counts.back(), values[0].data(), sizeof(uint64_t));
  }));
  EXPECT_EQ(counts, std::vector<uint64_t>{2});
  EXPECT_EQ(key.c_str(), std::string(program_invocation_short_name).substr(0, 15));

  ASSERT_TRUE(session->clear_map(0));
  ASSERT_TRUE(session->for_each(0, [](Bytes, std::span<const Bytes>) { FAIL(); }));
}

TEST(UserSession, FiresIntervalsByTheirPeriods) {
  auto session = loaded_session(plan_with({{Provider::Interval, 2 * kMillisecond}, {Provider::Begin, 0}}));
  auto summary = session->attach();
  ASSERT_TRUE(summary) << summary.error().text;
  EXPECT_EQ(summary->attached, 1u);
  Collector collector{3};
  while (collector.records.size() < 3) ASSERT_TRUE(session->poll(1000, std::ref(collector)));
  EXPECT_EQ(collector.records.size(), 3u);
}

TEST(UserSession, StopsBehindARecordThatEndsIt) {
  // Both fall due together; the first one's record ends the run.
  auto session =
      loaded_session(plan_with({{Provider::Interval, kMillisecond}, {Provider::Interval, kMillisecond}}));
  ASSERT_TRUE(session->attach());
  Collector collector{1};
  while (collector.records.empty()) ASSERT_TRUE(session->poll(1000, std::ref(collector)));
  EXPECT_EQ(collector.records.size(), 1u);
}

TEST(UserSession, IsQuietAfterDetach) {
  auto session = loaded_session(plan_with({{Provider::Interval, 1}}));
  ASSERT_TRUE(session->attach());
  session->detach();
  Collector collector;
  ASSERT_TRUE(session->poll(0, std::ref(collector)));
  EXPECT_TRUE(collector.records.empty());
}

TEST(UserSession, RefusesProbesOfTheKernel) {
  auto session = loaded_session(plan_with({{Provider::Kprobe, 0}}));
  auto summary = session->attach();
  ASSERT_FALSE(summary);
  EXPECT_NE(summary.error().text.find("probe0"), std::string::npos);
}

}  // namespace
}  // namespace tracer

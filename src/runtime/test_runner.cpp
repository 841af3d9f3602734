#include "runtime/test_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace tracer {

namespace {

constexpr uint64_t kEnoughNanoseconds = 1'000'000;
// Runs between two looks at what they sent: few enough that the rings hold what runs of one kind send.
constexpr uint64_t kRunsAtOnce = 256;
// A program that takes no measurable time ends here.
constexpr uint64_t kMostRuns = uint64_t{1} << 24;

// `test:adds` is called `adds`; a name that the attach point was given stands as it is.
std::string short_name(const ProbePlan& probe) {
  for (std::string_view prefix : {"test:", "bench:"})
    if (probe.name.starts_with(prefix)) return probe.name.substr(prefix.size());
  return probe.name;
}

std::vector<uint32_t> probes_of(const Plan& plan, Provider provider) {
  std::vector<uint32_t> found;
  for (uint32_t i = 0; i < plan.probes.size(); ++i)
    if (plan.probes[i].provider == provider) found.push_back(i);
  return found;
}

}  // namespace

Result<bool> TestRunner::run(RunMode mode) {
  return mode == RunMode::Test ? run_tests(probes_of(plan_, Provider::Test))
                               : run_benchmarks(probes_of(plan_, Provider::Bench));
}

// Everything that the programs sent so far.
Result<void> TestRunner::deliver() {
  for (bool more = true; more;) {
    more = false;
    auto polled = session_.poll(0, [&](Bytes record) {
      events_.handle(record);
      return more = true;
    });
    if (!polled) return polled;
    if (events_.failure()) return std::unexpected(*events_.failure());
  }
  return {};
}

// It failed when it called errorf(), or exit() with a status.
Result<TestRunner::Verdict> TestRunner::judge(uint32_t probe, uint64_t times) {
  Verdict verdict;
  auto capture = output_.captured(verdict.output);
  uint64_t errors = events_.errors();
  events_.take_exit_status();
  events_.send_to(*capture);
  auto ran = session_.run_one(probe, times);
  Result<void> delivered = ran ? deliver() : Result<void>();
  events_.send_to(output_);
  if (!ran) return std::unexpected(ran.error());
  if (!delivered) return std::unexpected(delivered.error());
  if (auto finished = capture->finish(); !finished) return std::unexpected(finished.error());
  verdict.run = *ran;
  const int status = events_.take_exit_status().value_or(0);
  verdict.failed = events_.errors() > errors || status != 0;
  return verdict;
}

Result<bool> TestRunner::run_tests(const std::vector<uint32_t>& probes) {
  std::vector<TestResult> results;
  output_.tests_begin(probes.size());
  for (uint32_t probe : probes) {
    if (stop_()) break;
    TestResult result;
    result.name = short_name(plan_.probes[probe]);
    output_.test_begin(result.name);
    auto verdict = judge(probe, 1);
    if (!verdict) return std::unexpected(verdict.error());
    result.passed = !verdict->failed && verdict->run.status == 0;
    result.nanoseconds = verdict->run.nanoseconds;
    result.output = std::move(verdict->output);
    output_.test_end(result);
    output_.flush();
    results.push_back(std::move(result));
  }
  output_.tests_end(results);
  bool all = results.size() == probes.size();
  return all && std::all_of(results.begin(), results.end(), [](const TestResult& r) { return r.passed; });
}

// More and more runs, until they took long enough to be measured.
Result<TestRunner::Verdict> TestRunner::measure(uint32_t probe) {
  auto whole = judge(probe, 1);
  for (uint64_t times = 2; whole; times *= 2) {
    const ProgramRun& run = whole->run;
    bool enough = run.nanoseconds >= kEnoughNanoseconds || times > kMostRuns;
    if (whole->failed || run.status != 0 || enough || stop_()) break;
    ProgramRun sum;
    while (sum.runs < times) {
      auto part = judge(probe, std::min(times - sum.runs, kRunsAtOnce));
      if (!part || part->failed || part->run.status != 0) return part;
      sum.runs += part->run.runs;
      sum.nanoseconds += part->run.nanoseconds;
    }
    whole->run = sum;
  }
  return whole;
}

Result<bool> TestRunner::run_benchmarks(const std::vector<uint32_t>& probes) {
  std::vector<std::string> names;
  for (uint32_t probe : probes) names.push_back(short_name(plan_.probes[probe]));
  output_.benchmarks_begin(names);
  bool all = true;
  for (size_t i = 0; i < probes.size(); ++i) {
    if (stop_()) return false;
    auto verdict = measure(probes[i]);
    if (!verdict) return std::unexpected(verdict.error());
    if (verdict->failed) {
      all = false;
      std::string said(trim(verdict->output));
      output_.error(fmt::format("Benchmark '{}' failed.{}{}", names[i], said.empty() ? "" : "\n", said));
    } else if (verdict->run.status == 0) {  // another status: it does not want to be measured here
      const ProgramRun& run = verdict->run;
      output_.benchmark_end({names[i], run.nanoseconds / run.runs, run.runs});
    }
    output_.flush();
  }
  return all;
}

}  // namespace tracer

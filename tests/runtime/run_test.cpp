#include "runtime/run.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "fake_session.h"
#include "runtime/symbols.h"

namespace tracer {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Record of an event: event, probe, then arguments; control records carry a position too.
ByteString record(uint32_t event, std::initializer_list<uint64_t> more = {}) {
  ByteString bytes = words(event);
  for (uint64_t word : more) bytes = joined(bytes, words(word));
  return bytes;
}

class RunTest : public testing::Test {
 protected:
  enum Event : uint32_t { kPrint, kExit, kPrintMap, kClearMap, kError };

  RunTest() {
    plan_.script = "stdin";
    add_probe(Provider::Begin);
    add_probe(Provider::Interval);
    add_probe(Provider::End);
    for (const char* name : {"@b", "@a"}) {
      MapPlan map;
      map.name = name;
      map.kind = MapKind::Count;
      map.storage = MapStorage::PerCpuArray;
      map.value_size = 16;
      plan_.maps.push_back(map);
    }
    FormatError error;
    EventPlan print{.kind = EventKind::Printf, .size = 16, .arguments = {{"", int_type(8, true), 8}}};
    print.format = parse_format("%d\n", error);
    EventPlan exit{
        .kind = EventKind::Exit, .control = true, .size = 24, .arguments = {{"", int_type(8, true), 16}}};
    EventPlan print_map{.kind = EventKind::PrintMap, .control = true, .size = 16, .map = 0};
    EventPlan clear_map{.kind = EventKind::ClearMap, .control = true, .size = 16, .map = 0};
    EventPlan errorf{.kind = EventKind::Errorf, .size = 8, .place = 0};
    errorf.format = parse_format("bad", error);
    plan_.events = {print, exit, print_map, clear_map, errorf};
    plan_.places = {{"stdin", 3, 5, 11, "    errorf(\"bad\");"}};
  }
  void add_probe(Provider provider) {
    ProbePlan probe;
    probe.provider = provider;
    probe.name = "probe";
    plan_.probes.push_back(probe);
  }
  ByteString print(uint64_t n) { return record(kPrint, {n}); }
  ByteString exit(uint64_t status) { return record(kExit, {0, status}); }
  void fill(uint32_t map, uint64_t count) { session_.maps[map] = {{{}, {words(count, 1)}}}; }

  // The exit status; -1: failed. Output and messages are kept.
  int run_it() {
    Symbols symbols("/nonexistent");
    // Tests run side by side.
    where_.file = testing::TempDir() + "/run_test.out." + std::to_string(getpid());
    auto output = make_output(where_, plan_, symbols);
    EXPECT_TRUE(output.has_value());
    testing::internal::CaptureStderr();
    auto status = run(session_, plan_, **output, options_);
    output->reset();
    err_ = testing::internal::GetCapturedStderr();
    out_ = contents(where_.file);
    unlink(where_.file.c_str());
    return status ? *status : -1;
  }

  Plan plan_;
  FakeSession session_;
  OutputOptions where_;
  RunOptions options_;
  std::string out_, err_;
};

TEST_F(RunTest, PhasesInOrderAndExitStatus) {
  session_.batches = {{print(1), exit(259)}};
  session_.sends[Provider::End] = {print(2)};
  fill(0, 5);
  fill(1, 6);
  EXPECT_EQ(run_it(), 3);
  EXPECT_EQ(out_, "1\n2\n\n\n@a: 6\n@b: 5\n");
  EXPECT_EQ(err_, "Attached 3 probes\n");
  EXPECT_EQ(session_.calls, (std::vector<std::string>{"run 0", "attach", "detach", "run 1"}));
}

TEST_F(RunTest, WhatComesAfterExitIsDropped) {
  session_.batches = {{print(1), exit(0), print(2)}, {print(3)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_, "1\n\n\n");
}

TEST_F(RunTest, FirstExitDecides) {
  session_.batches = {{exit(4), exit(5)}};
  session_.sends[Provider::End] = {exit(6), print(2)};
  EXPECT_EQ(run_it(), 4);
  EXPECT_EQ(out_, "2\n\n\n");
}

TEST_F(RunTest, OnlyBeginAndEndEndsByItself) {
  plan_.probes.erase(plan_.probes.begin() + 1);
  session_.summary.attached = 0;
  session_.sends[Provider::Begin] = {print(1), print(2)};
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_, "1\n2\n\n\n");
  EXPECT_EQ(err_, "Attached 2 probes\n");
}

TEST_F(RunTest, ExitInBeginComesAfterAttaching) {
  session_.sends[Provider::Begin] = {exit(9)};
  EXPECT_EQ(run_it(), 9);
  EXPECT_EQ(err_, "Attached 3 probes\n");
}

TEST_F(RunTest, SignalEndsWithStatusZeroAndKeepsWhatIsInTheBuffer) {
  bool sent = false;
  session_.on_poll = [&] {
    if (std::exchange(sent, true)) return;
    session_.batches = {{print(1)}, {print(2)}};
    raise(SIGINT);
  };
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_, "1\n2\n\n\n");
}

TEST_F(RunTest, SecondSignalWhileEndingStopsTheRest) {
  session_.batches = {{exit(0)}};
  session_.sends[Provider::End] = {print(1), print(2), print(3)};
  session_.on_poll = [&] {
    // The end clauses' records have been handed out up to the second.
    if (session_.calls.back() == "run 1" && session_.batches.size() == 2) raise(SIGTERM);
  };
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_, "1\n2\n\n\n");
}

TEST_F(RunTest, ChildsEndEndsTheRun) {
  auto child = ChildProcess::start("true");
  ASSERT_TRUE(child.has_value());
  options_.child = child->get();
  EXPECT_EQ(run_it(), 0);
  EXPECT_TRUE((*child)->finished(nullptr));
}

TEST_F(RunTest, TargetThatIsGoneIsAnErrorBeforeAnythingRuns) {
  options_.target_pid = 0x3ffffff;
  EXPECT_EQ(run_it(), -1);
  EXPECT_TRUE(session_.calls.empty());
}

TEST_F(RunTest, MapEventsTakeEffectInOrder) {
  fill(0, 5);
  session_.batches = {{record(kPrintMap, {0}), record(kClearMap, {0}), record(kPrintMap, {0}), exit(0)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_, "@b: 5\n@b: 0\n\n\n");
}

TEST_F(RunTest, MapsAreNotPrintedWhenSwitchedOff) {
  plan_.config.print_maps_on_exit = false;
  fill(0, 5);
  session_.batches = {{exit(0)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_, "\n\n");
}

TEST_F(RunTest, DryRunAttachesAndEndsInSilence) {
  options_.dry_run = true;
  session_.batches = {{print(1)}};
  fill(0, 5);
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_ + err_, "");
  EXPECT_EQ(session_.calls, (std::vector<std::string>{"attach", "detach"}));
}

TEST_F(RunTest, LostEventsAreToldWithTheTotal) {
  plan_.counters = {{.kind = CounterKind::LostEvent}, {.kind = CounterKind::LostEvent}};
  session_.counter_values = {{5, 0}, {2, 0}};
  session_.batches = {{exit(0)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_NE(err_.find("Lost 7 events\n"), std::string::npos);
  EXPECT_NE(err_.find("WARNING: Total lost event count: 7\n"), std::string::npos);
  EXPECT_NE(err_.find("perf_rb_pages"), std::string::npos);
}

TEST_F(RunTest, RuntimeWarningsShowTheirPlace) {
  plan_.counters = {{.kind = CounterKind::DivideByZero},
                    {.kind = CounterKind::MapFull, .helper = "map_update_elem"},
                    {.kind = CounterKind::HelperFailed, .helper = "probe_read", .only_with_k = true}};
  session_.counter_values = {{1, 0}, {3, -7}, {1, -14}};
  session_.batches = {{exit(0)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_NE(
      err_.find(
          "stdin:3:5-11: WARNING: Divide or modulo by 0 detected. This can lead to unexpected results. 1 is "
          "being used as the result.\n    errorf(\"bad\");\n    ~~~~~~\n"),
      std::string::npos);
  EXPECT_NE(err_.find("(3 times)\n    errorf(\"bad\");\n    ~~~~~~\n"
                      "Additional Info - helper: map_update_elem, retcode: -7\n"),
            std::string::npos);
  EXPECT_EQ(err_.find("Bad address"), std::string::npos);
  options_.also_k_warnings = true;
  session_.batches = {{exit(0)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_NE(err_.find("WARNING: Bad address\n"), std::string::npos);
}

// covers: 11.5 stack not readable
TEST_F(RunTest, StackThatCannotBeRead) {
  plan_.counters = {{.kind = CounterKind::StackFailed, .text = "ustack"}};
  session_.counter_values = {{2, -14}};
  session_.batches = {{exit(0)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_NE(err_.find("stdin:3:5-11: WARNING: Error reading ustack. (2 times)\n"), std::string::npos);
}

TEST_F(RunTest, LostRequestsAreLostEventsToo) {
  plan_.counters = {{.kind = CounterKind::LostEvent}, {.kind = CounterKind::LostControl}};
  session_.counter_values = {{2, 0}, {3, 0}};
  session_.batches = {{exit(0)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_NE(err_.find("WARNING: 3 requests of probe (exit, print, clear, zero) found their buffer full\n"),
            std::string::npos);
  EXPECT_NE(err_.find("Lost 5 events\n"), std::string::npos);
  EXPECT_NE(err_.find("Total lost event count: 5\n"), std::string::npos);
}

TEST_F(RunTest, ErrorfHasPlaceAndTextOnly) {
  session_.batches = {{record(kError), exit(0)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_NE(err_.find("stdin:3:5-11: ERROR: bad\n"), std::string::npos);
  EXPECT_EQ(err_.find("~~~"), std::string::npos);
}

TEST_F(RunTest, MalformedRecordsAreCountedNotHandled) {
  session_.batches = {{ByteString(3), record(99), record(kPrint), exit(0)}};
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_, "\n\n");
  EXPECT_NE(err_.find("3 records could not be read"), std::string::npos);
}

TEST_F(RunTest, NothingAttachedIsAFailure) {
  plan_.probes = {plan_.probes[1]};
  session_.summary.attached = 0;
  EXPECT_EQ(run_it(), -1);
}

TEST_F(RunTest, JsonLines) {
  where_.format = OutputFormat::Json;
  plan_.counters = {{.kind = CounterKind::LostEvent}};
  session_.counter_values = {{7, 0}};
  session_.batches = {{print(3), record(kError), record(kPrintMap, {0}), exit(0)}};
  fill(0, 5);
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_,
            "{\"type\": \"attached_probes\", \"count\": 3, \"data\": {\"probes\": 3}}\n"
            "{\"type\": \"printf\", \"data\": \"3\\n\"}\n"
            "{\"type\": \"errorf\", \"msg\": \"bad\", \"filename\": \"stdin\", \"line\": 3, \"col\": 5}\n"
            "{\"type\": \"map\", \"data\": {\"@b\": 5}}\n"
            "{\"type\": \"lost_events\", \"count\": 7, \"data\": {\"events\": 7}}\n"
            "{\"type\": \"map\", \"data\": {\"@b\": 5}}\n");
}

TEST_F(RunTest, RecordsAreSetAsideWhileNobodyReads) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const std::string noise(4096, '-');
  while (write(ends[1], noise.data(), noise.size()) > 0) {
  }
  // Who reads, at last, is the one who is asked to set records aside.
  std::string read_so_far;
  auto read_all = [&] {
    char bytes[4096];
    for (ssize_t got; (got = read(ends[0], bytes, sizeof bytes)) > 0;)
      read_so_far.append(bytes, static_cast<size_t>(got));
    return true;
  };
  session_.on_set_aside = read_all;
  session_.batches = {{print(1)}, {exit(0)}};
  Symbols symbols("/nonexistent");
  where_.file = "/proc/self/fd/" + std::to_string(ends[1]);
  where_.quiet = true;
  auto output = make_output(where_, plan_, symbols);
  ASSERT_TRUE(output.has_value());
  const auto status = run(session_, plan_, **output, options_);
  EXPECT_TRUE(status && *status == 0);
  read_all();
  EXPECT_EQ(read_so_far.substr(read_so_far.find_last_of('-') + 1), "1\n\n\n");
  close(ends[0]);
  close(ends[1]);
}

TEST(MakeOutput, FileThatCannotBeWritten) {
  Plan plan;
  Symbols symbols("/nonexistent");
  OutputOptions options;
  options.file = "/nonexistent/dir/out";
  auto output = make_output(options, plan, symbols);
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().text, "failed to open file '/nonexistent/dir/out': No such file or directory");
}

}  // namespace
}  // namespace tracer

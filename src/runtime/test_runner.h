// Runs the clauses of test and bench probes, one after the other (LANGUAGE 7.2).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/event_handler.h"
#include "runtime/output.h"
#include "runtime/session.h"

namespace tracer {

class TestRunner {
 public:
  // `stop` is asked between two of them; true ends the series. All are borrowed.
  TestRunner(Session& session, const Plan& plan, Output& output, EventHandler& events,
             std::function<bool()> stop)
      : session_(session), plan_(plan), output_(output), events_(events), stop_(std::move(stop)) {}

  // False when one failed. What the clauses say is not shown, unless they fail.
  Result<bool> run(RunMode mode);

 private:
  struct Verdict {
    bool failed = false;
    std::string output;
    ProgramRun run;
  };

  Result<bool> run_tests(const std::vector<uint32_t>& probes);
  Result<bool> run_benchmarks(const std::vector<uint32_t>& probes);
  Result<Verdict> judge(uint32_t probe, uint64_t times);
  Result<Verdict> measure(uint32_t probe);
  Result<void> deliver();

  Session& session_;
  const Plan& plan_;
  Output& output_;
  EventHandler& events_;
  std::function<bool()> stop_;
};

}  // namespace tracer

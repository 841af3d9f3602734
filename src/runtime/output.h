// What the user sees: one interface, a text and a JSON writer (LANGUAGE 11).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"
#include "runtime/session.h"
#include "runtime/test_report.h"

namespace tracer {

class Symbols;

enum class OutputFormat : uint8_t { Text, Json };
enum class Buffering : uint8_t { Line, Full, None };

// One print of a whole map.
struct MapPrint {
  uint32_t map = 0;
  uint64_t top = 0;  // 0: all keys
  uint64_t div = 1;
  bool at_exit = false;  // scalar maps that were never written are left out
  bool zeroed = false;   // zero() was called on it (see read_map)
};

class Output {
 public:
  virtual ~Output() = default;
  virtual void attached(size_t probes) = 0;
  // `text`: already formatted. `kind` is the JSON type: printf, time, cat, join, syscall.
  virtual void text(std::string_view kind, std::string_view text) = 0;
  // The same with a newline behind it, which is no part of the data in JSON.
  virtual void text_line(std::string_view kind, std::string_view text) = 0;
  // printf: the text of its format, whose arguments stand in `record`.
  virtual void printf(const EventPlan& event, Bytes record) = 0;
  virtual void value(const Type& type, Bytes bytes) = 0;
  // The text of a format whose arguments stand in `record`; writes nothing.
  virtual std::string format(const Format& format, const std::vector<Field>& arguments,
                             Bytes record) const = 0;
  virtual Result<void> map(const MapPrint& print, Session& session) = 0;
  virtual void lost(uint64_t since_last) = 0;
  virtual void total_lost(uint64_t count) = 0;
  // errorf, warnf: place and text. A warning is silent under --no-warnings, like all below.
  virtual void script_error(const Place& place, std::string_view text) = 0;
  virtual void script_warning(const Place& place, std::string_view text) = 0;
  // Run-time warnings (LANGUAGE 11.5).
  virtual void helper_error(const Place& place, std::string_view text, std::string_view helper,
                            int64_t code) = 0;
  virtual void runtime_warning(const Place& place, std::string_view text) = 0;
  // Without a place.
  virtual void warning(std::string_view text) = 0;
  virtual void error(std::string_view text) = 0;
  // --test and --bench: all that will run, each one before and after it ran, and all results.
  virtual void tests_begin(size_t count) = 0;
  virtual void test_begin(const std::string& name) = 0;
  virtual void test_end(const TestResult& result) = 0;
  virtual void tests_end(const std::vector<TestResult>& results) = 0;
  virtual void benchmarks_begin(const std::vector<std::string>& names) = 0;
  virtual void benchmark_end(const BenchmarkResult& result) = 0;
  // A text writer with the same settings whose output and messages go into `memory`; both are borrowed.
  virtual std::unique_ptr<Output> captured(std::string& memory) const = 0;
  // The end of the events, before the maps: text writes two newlines.
  virtual void end_of_events() = 0;
  // To be called when nothing more comes at once; what buffering holds back may stay.
  virtual void flush() = 0;
  // So much is written that flush() should be called.
  virtual bool full() const = 0;
  // The last call: everything goes out. Fails when something could not be written.
  virtual Result<void> finish() = 0;
  // How to wait for a reader who does not read (see Sink).
  virtual void wait_with(std::function<bool(int fd)> wait) = 0;
  // The reader went away; nothing more can be shown.
  virtual bool closed() const = 0;
};

struct OutputOptions {
  OutputFormat format = OutputFormat::Text;
  Buffering buffering = Buffering::Line;
  std::string file;  // -o; empty: stdout
  // Instead of stdout and stderr; borrowed, may be null. A file goes first.
  std::string* memory = nullptr;
  bool quiet = false;
  bool warnings = true;
};

// `plan` and `symbols` are borrowed.
Result<std::unique_ptr<Output>> make_output(const OutputOptions& options, const Plan& plan, Symbols& symbols);

}  // namespace tracer

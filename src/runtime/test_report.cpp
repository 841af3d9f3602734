#include "runtime/test_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/json_text.h"

namespace tracer {

namespace {

// Coloured always: who reads it by machine asks for JSON.
std::string good(std::string_view tag) { return fmt::format("\033[32m[{}]\033[0m ", tag); }
std::string bad(std::string_view tag) { return fmt::format("\033[31m[{}]\033[0m ", tag); }

std::string tests(size_t count) { return fmt::format("{} test{}", count, count == 1 ? "" : "s"); }

constexpr size_t kNameWidth = 41, kTimeWidth = 15;

}  // namespace

std::string tests_begin_text(size_t count) {
  return fmt::format("{}Running {}.\n", good("=========="), tests(count));
}

std::string test_begin_text(const std::string& name) { return good(" RUN      ") + name + "\n"; }

std::string test_end_text(const TestResult& result) {
  std::string text;
  if (!result.passed) {
    text = result.output;
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  std::string tag = result.passed ? good("       OK ") : bad("  FAILED  ");
  return text + fmt::format("{}{} ({} us)\n", tag, result.name, result.nanoseconds / 1000);
}

std::string tests_end_text(const std::vector<TestResult>& results) {
  auto passed = static_cast<size_t>(
      std::count_if(results.begin(), results.end(), [](const TestResult& result) { return result.passed; }));
  size_t failed = results.size() - passed;
  std::string text = fmt::format("{}{} ran.\n", good("=========="), tests(results.size()));
  text += fmt::format("{}{}.\n", good("  PASSED  "), tests(passed));
  if (failed == 0) return text;
  text += fmt::format("{}{}, listed below:\n", bad("  FAILED  "), tests(failed));
  for (const TestResult& result : results)
    if (!result.passed) text += fmt::format("{}{}\n", bad("  FAILED  "), result.name);
  return text;
}

std::string test_json(const TestResult& result) {
  return fmt::format(
      "{{\"type\": \"test_result\", \"data\": {{{}: {{\"duration\": {}, \"passed\": {}, \"output\": "
      "{}}}}}}}\n",
      json_string(result.name), result.nanoseconds, result.passed, json_string(result.output));
}

BenchmarkTable::BenchmarkTable(const std::vector<std::string>& names) : name_width(kNameWidth) {
  for (const std::string& name : names) name_width = std::max(name_width, name.size() + 1);
}

std::string BenchmarkTable::header() const {
  std::string line = fmt::format("{:<{}}{:<{}}Iterations", "Benchmark", name_width, "Time(ns)", kTimeWidth);
  return fmt::format("{}\n{}\n", line, std::string(line.size(), '-'));
}

std::string BenchmarkTable::row(const BenchmarkResult& result) const {
  return fmt::format("{:<{}}{:<{}}{}\n", result.name, name_width, result.average, kTimeWidth,
                     result.iterations);
}

std::string benchmark_json(const BenchmarkResult& result) {
  return fmt::format(
      "{{\"type\": \"benchmark_result\", \"data\": {{{}: {{\"average\": {}, \"iters\": {}}}}}}}\n",
      json_string(result.name), result.average, result.iterations);
}

}  // namespace tracer

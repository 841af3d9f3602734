// What --test and --bench say (LANGUAGE 11.4, 11.6), as text; the writers send it off.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tracer {

struct TestResult {
  std::string name;
  bool passed = false;
  uint64_t nanoseconds = 0;
  std::string output;  // what the test said, in text form
};

struct BenchmarkResult {
  std::string name;
  uint64_t average = 0;  // nanoseconds
  uint64_t iterations = 0;
};

std::string tests_begin_text(size_t count);
std::string test_begin_text(const std::string& name);
// The output of a test is shown only when it failed.
std::string test_end_text(const TestResult& result);
std::string tests_end_text(const std::vector<TestResult>& results);
std::string test_json(const TestResult& result);

// Columns of the table of benchmarks: the first is as wide as the longest name needs.
struct BenchmarkTable {
  explicit BenchmarkTable(const std::vector<std::string>& names = {});
  std::string header() const;
  std::string row(const BenchmarkResult& result) const;
  size_t name_width;
};
std::string benchmark_json(const BenchmarkResult& result);

}  // namespace tracer

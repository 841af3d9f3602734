#include "runtime/test_report.h"

#include <gtest/gtest.h>

namespace tracer {
namespace {

TEST(TestReport, OutputIsShownOfFailedTestsOnly) {
  EXPECT_EQ(test_end_text({"adds", true, 12'999, "said"}), "\033[32m[       OK ]\033[0m adds (12 us)\n");
  EXPECT_EQ(test_end_text({"fails", false, 10'000, "said"}),
            "said\n\033[31m[  FAILED  ]\033[0m fails (10 us)\n");
}

TEST(TestReport, CountsInWords) {
  EXPECT_EQ(tests_begin_text(1), "\033[32m[==========]\033[0m Running 1 test.\n");
  EXPECT_EQ(tests_end_text({{"a", true, 0, ""}, {"b", true, 0, ""}}),
            "\033[32m[==========]\033[0m 2 tests ran.\n\033[32m[  PASSED  ]\033[0m 2 tests.\n");
}

TEST(TestReport, JsonEscapesWhatATestSaid) {
  EXPECT_EQ(test_json({"q", false, 7, "a\"b\n"}),
            "{\"type\": \"test_result\", \"data\": {\"q\": {\"duration\": 7, \"passed\": false, \"output\": "
            "\"a\\\"b\\n\"}}}\n");
  EXPECT_EQ(benchmark_json({"loop", 40, 65536}),
            "{\"type\": \"benchmark_result\", \"data\": {\"loop\": {\"average\": 40, \"iters\": 65536}}}\n");
}

TEST(BenchmarkTable, IsAsWideAsTheLongestName) {
  BenchmarkTable narrow({"loop"});
  EXPECT_EQ(narrow.header().size(), 2 * (41 + 15 + 10 + 1));
  BenchmarkTable wide({std::string(60, 'x')});
  EXPECT_EQ(wide.name_width, 61u);
  EXPECT_EQ(wide.row({std::string(60, 'x'), 5, 1}), std::string(60, 'x') + " 5              1\n");
}

}  // namespace
}  // namespace tracer

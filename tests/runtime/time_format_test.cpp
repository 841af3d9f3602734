#include "runtime/time_format.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace tracer {
namespace {

class TimeFormat : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
  }
  static constexpr uint64_t kTime = 1'700'000'000'123'456'789;
};

TEST_F(TimeFormat, OwnConversions) {
  EXPECT_EQ(format_time("%f", kTime, 100), "123456");
  EXPECT_EQ(format_time("%k", kTime, 100), "123456789");
  EXPECT_EQ(format_time("%l", kTime, 100), "123");
  EXPECT_EQ(format_time("%H:%M:%S.%l", kTime, 100), "22:13:20.123");
  EXPECT_EQ(format_time("%%f %Y%", kTime, 100).substr(0, 7), "%f 2023");
}

TEST_F(TimeFormat, EmptyAndLimited) {
  EXPECT_EQ(format_time("", kTime, 100), "");
  EXPECT_EQ(format_time("%Y-%m-%d", kTime, 4), "2023");
  EXPECT_EQ(time_text(std::string(100, 'x')), std::string(63, 'x'));
}

TEST_F(TimeFormat, BootClockIsMovedToTheEpoch) {
  Plan plan;
  plan.strings = {"%s"};
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  uint64_t value[] = {0,
                      static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec)};
  std::string text = timestamp_text(timestamp_type(ClockMode::Boot), std::as_bytes(std::span(value)), plan);
  EXPECT_NEAR(std::atof(text.c_str()), static_cast<double>(time(nullptr)), 2.0);
}

}  // namespace
}  // namespace tracer

#include "cli/child_work.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace tracer {
namespace {

bool wait_for_it(int fd) {
  pollfd ready{fd, POLLIN, 0};
  while (::poll(&ready, 1, -1) < 0) {
  }
  return true;
}

TEST(ChildWork, GivesWhatWasMade) {
  const std::string large(1 << 20, 'x');  // more than a pipe holds
  const auto made = work_in_child([&]() -> Result<std::string> { return large; }, wait_for_it);
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, large);
  const auto nothing = work_in_child([]() -> Result<std::string> { return ""; }, wait_for_it);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(*nothing, "");
}

TEST(ChildWork, GivesTheErrorWithItsHint) {
  const auto made =
      work_in_child([]() -> Result<std::string> { return fail("it cannot be", "try less"); }, wait_for_it);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text, "it cannot be");
  EXPECT_EQ(made.error().hint, "try less");
}

TEST(ChildWork, ChangesNothingHere) {
  int here = 1;
  const auto made = work_in_child(
      [&]() -> Result<std::string> {
        here = 2;
        return std::to_string(here);
      },
      wait_for_it);
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, "2");
  EXPECT_EQ(here, 1);
}

TEST(ChildWork, SaysThatItDied) {
  const auto made = work_in_child(
      []() -> Result<std::string> {
        ::kill(::getpid(), SIGKILL);
        return "";
      },
      wait_for_it);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text, "the compiler died: Killed");
  EXPECT_FALSE(made.error().hint.empty());
}

TEST(ChildWork, EndsWhenItShall) {
  const auto forever = []() -> Result<std::string> {
    for (;;) ::pause();
  };
  const auto made = work_in_child(forever, [](int) { return false; });
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text, "interrupted while compiling");
}

}  // namespace
}  // namespace tracer

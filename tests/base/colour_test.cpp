#include "base/colour.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tracer {
namespace {

// covers: 9.2 COLOR
class Colour : public testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }
  static void clear() {
    unsetenv("COLOR");
    unsetenv("NO_COLOR");
  }
};

TEST_F(Colour, AlwaysMarksTheWordsOfMessages) {
  setenv("COLOR", "always", 1);
  EXPECT_EQ(coloured_message("stdin:1:2: ERROR: no `ERROR:` here\n@x\n~~\nHINT: look\n"),
            "stdin:1:2: \033[1;31mERROR:\033[0m no `ERROR:` here\n@x\n~~\n\033[1;36mHINT:\033[0m look\n");
}

TEST_F(Colour, NeverLeavesThemAsTheyAre) {
  setenv("COLOR", "never", 1);
  EXPECT_EQ(coloured_message("WARNING: x\n"), "WARNING: x\n");
}

TEST_F(Colour, WithoutATerminalThereIsNone) {
  // The test's own output may be a terminal.
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(wants_colour());
  setenv("COLOR", "always", 1);
  EXPECT_TRUE(wants_colour());
}

}  // namespace
}  // namespace tracer

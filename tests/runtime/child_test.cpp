#include "runtime/child.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace tracer {
namespace {

int wait_for(ChildProcess& child) {
  pollfd ended{child.pidfd(), POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 10'000), 1);
  int status = -1;
  EXPECT_TRUE(child.finished(&status));
  return status;
}

TEST(Child, RunsOnlyWhenReleased) {
  auto child = ChildProcess::start("sh -c 'exit 7'");
  ASSERT_TRUE(child.has_value()) << child.error().text;
  int status = 0;
  EXPECT_FALSE((*child)->finished(&status));
  ASSERT_TRUE((*child)->release());
  status = wait_for(**child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(Child, MissingCommandIsRefusedAtOnce) {
  auto child = ChildProcess::start("/nonexistent/x");
  ASSERT_FALSE(child.has_value());
  EXPECT_EQ(child.error().text,
            "Failed to fork child: Path '/nonexistent/x' does not exist or is not executable (No such file "
            "or directory)");
  EXPECT_FALSE(ChildProcess::start("no-such-command-anywhere").has_value());
}

TEST(Child, FileThatIsNoProgramIsRefusedAtOnce) {
  const std::string path = testing::TempDir() + "/no-program." + std::to_string(getpid());
  std::ofstream(path) << "text";
  chmod(path.c_str(), 0644);
  const auto child = ChildProcess::start(path);
  ASSERT_FALSE(child.has_value());
  EXPECT_EQ(child.error().text, "Failed to fork child: Path '" + path +
                                    "' does not exist or is not executable (Permission denied)");
  unlink(path.c_str());
}

TEST(Child, FolderIsRefusedAtOnce) {
  auto child = ChildProcess::start("/");
  ASSERT_FALSE(child.has_value());
  EXPECT_EQ(child.error().text,
            "Failed to fork child: Path '/' does not exist or is not executable (Is a directory)");
}

TEST(Child, FileThatCannotBeExecutedIsReportedByRelease) {
  std::string path = testing::TempDir() + "/not-a-program";
  std::ofstream(path) << "\x7f"
                      << "ELF nonsense";
  chmod(path.c_str(), 0755);
  auto child = ChildProcess::start(path);
  ASSERT_TRUE(child.has_value());
  auto released = (*child)->release();
  ASSERT_FALSE(released.has_value());
  EXPECT_NE(released.error().text.find(path), std::string::npos);
  unlink(path.c_str());
}

TEST(Child, EndsWithItsOwner) {
  pid_t pid = 0;
  {
    auto child = ChildProcess::start("sleep 1000");
    ASSERT_TRUE(child.has_value());
    ASSERT_TRUE((*child)->release());
    pid = (*child)->pid();
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(Child, NeverReleasedNeverRuns) {
  std::string path = testing::TempDir() + "/must-not-exist";
  unlink(path.c_str());
  { ASSERT_TRUE(ChildProcess::start("touch " + path).has_value()); }
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST(OpenProcess, SaysWhy) {
  EXPECT_TRUE(open_process(getpid()).has_value());
  auto none = open_process(0x3ffffff);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().text, "Failed to attach to pid: Unable to open pidfd (No such process)");
}

TEST(SplitCommand, LikeAShell) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"ls -l /tmp", {"ls", "-l", "/tmp"}},
      {"  a \t b\n", {"a", "b"}},
      {"'a b' \"c d\"", {"a b", "c d"}},
      {"a'b c'd", {"ab cd"}},
      {"a\\ b", {"a b"}},
      {"\"a\\\"b\\n\"", {"a\"b\\n"}},
      {"'a\\'", {"a\\"}},
      {"echo ''", {"echo", ""}},
      {"a\\\nb", {"ab"}},
      {"a\\", {"a\\"}},
  };
  for (const auto& [command, expected] : cases) {
    auto split = split_command(command);
    ASSERT_TRUE(split.has_value()) << command;
    EXPECT_EQ(*split, expected) << command;
  }
}

TEST(SplitCommand, Refusals) {
  for (const char* command : {"", "   ", "'a", "\"a", "a \"b", "'' a"}) {
    EXPECT_FALSE(split_command(command).has_value()) << command;
  }
}

}  // namespace
}  // namespace tracer

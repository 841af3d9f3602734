#include "runtime/child.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <tuple>
#include <vector>

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

// What the system says of it, and what the user can do.
TEST(Child, RefusedByExecIsExplained) {
  const std::string path = testing::TempDir() + "/refused." + std::to_string(getpid());
  const std::tuple<std::string, const char*, const char*> cases[] = {
      {"echo here\n", "(Exec format error)", "a script needs a first line such as `#!/bin/sh`"},
      {"", "(Exec format error)", "a script needs a first line"},
      {"\x7f"
       "ELF nonsense",
       "(Exec format error)", "it is damaged, or a program for another kind of processor"},
      {"#!/nowhere/sh\n", "(No such file or directory)", "the program that its first line names is not"},
      {"#!/etc/passwd\n", "(Permission denied)", "the program that its first line names must be executable"},
  };
  for (const auto& [bytes, why, hint] : cases) {
    std::ofstream(path) << bytes;
    chmod(path.c_str(), 0755);
    auto child = ChildProcess::start(path);
    ASSERT_TRUE(child.has_value());
    const auto released = (*child)->release();
    ASSERT_FALSE(released.has_value()) << bytes;
    EXPECT_TRUE((*child)->refused());
    EXPECT_NE(released.error().text.find(why), std::string::npos) << released.error().text;
    EXPECT_NE(released.error().hint.find(hint), std::string::npos) << released.error().hint;
  }
  unlink(path.c_str());
}

// Stopped wherever the dynamic linker has mapped code: the first time when it is the only code beside the
// program's, the last time before the program's first instruction.
TEST(Child, IsFollowedToItsFirstInstruction) {
  auto child = ChildProcess::start("sh -c 'exit 7'");
  ASSERT_TRUE(child.has_value());
  std::vector<bool> libc;
  const auto mapped = [&] {
    std::ifstream maps("/proc/" + std::to_string((*child)->pid()) + "/maps");
    const std::string text((std::istreambuf_iterator<char>(maps)), {});
    libc.push_back(text.find("/libc.so") != std::string::npos);
    return Result<void>();
  };
  ASSERT_TRUE((*child)->release(mapped));
  if ((*child)->start_fd() < 0) GTEST_SKIP() << "processes may not be stopped here (ptrace)";
  while ((*child)->start_fd() >= 0) {
    pollfd waiting[] = {{(*child)->start_fd(), POLLIN, 0}, {(*child)->pidfd(), POLLIN, 0}};
    ASSERT_GT(poll(waiting, 2, 60'000), 0);
    ASSERT_FALSE(waiting[1].revents) << "it ran away";
    ASSERT_TRUE((*child)->follow_start());
  }
  ASSERT_GE(libc.size(), 2u);
  EXPECT_FALSE(libc.front());
  EXPECT_TRUE(libc.back());
  EXPECT_EQ(WEXITSTATUS(wait_for(**child)), 7);
}

TEST(Child, EndsWhileItIsFollowed) {
  auto child = ChildProcess::start("sleep 1000");
  ASSERT_TRUE(child.has_value());
  ASSERT_TRUE((*child)->release([] { return Result<void>(); }));
  (*child)->terminate();
  int status = 0;
  ASSERT_TRUE((*child)->finished(&status));
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
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

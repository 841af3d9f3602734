#include "cli/interactive/completion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../ast/check_fixture.h"
#include "cli/interactive/workspace.h"

namespace tracer {
namespace {

// A user session beside a kernel that has `vfs_read`, `vfs_write`, and the tracepoints `one` and `two`.
class CompletionTest : public testing::Test {
 protected:
  CompletionTest() { options_.user_session = true; }

  std::vector<std::string> candidates(const std::string& text) {
    return complete(workspace_, clauses_, text).candidates;
  }
  // What the text becomes when there is one candidate only.
  std::string completed(const std::string& text) {
    const Completion completion = complete(workspace_, clauses_, text);
    if (completion.candidates.size() != 1)
      return std::to_string(completion.candidates.size()) + " candidates";
    return text.substr(0, completion.begin) + completion.candidates.front();
  }
  void enter(const std::string& text) {
    auto entered = workspace_.load("entry", text);
    ASSERT_TRUE(entered) << entered.error();
  }

  Options options_;
  ast::FakeKernel kernel_;
  OutputOptions output_;
  Workspace workspace_{options_, kernel_, output_};
  std::vector<int> clauses_{1, 12};
};

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

using Strings = std::vector<std::string>;

TEST_F(CompletionTest, OffersCommands) {
  EXPECT_EQ(completed(":wai"), ":wait ");
  EXPECT_EQ(completed(":qu"), ":quit");
  EXPECT_EQ(candidates(":s"),
            (Strings{":save ", ":set ", ":show ", ":snap ", ":source ", ":start ", ":stop "}));
  EXPECT_TRUE(candidates(":nothing").empty());
  EXPECT_TRUE(candidates(":nothing x").empty());
}

TEST_F(CompletionTest, OffersWhatACommandTakes) {
  EXPECT_EQ(candidates(":stop "), (Strings{"1", "12"}));
  EXPECT_EQ(candidates(":stop 1 1"), (Strings{"1", "12"}));
  EXPECT_EQ(completed(":edit 12"), ":edit 12");
  EXPECT_TRUE(candidates(":edit 12 1").empty());
  EXPECT_EQ(completed(":set max_strl"), ":set max_strlen ");
  EXPECT_EQ(completed(":help strnc"), ":help strncmp");
  EXPECT_EQ(candidates(":type "), (Strings{"enum ", "struct ", "union "}));
  enter("@apples = 1");
  EXPECT_EQ(completed(":clear @"), ":clear @apples");
  EXPECT_EQ(completed(":watch @a"), ":watch @apples");
}

TEST_F(CompletionTest, OffersProvidersAndProbes) {
  EXPECT_TRUE(has(candidates("kp"), "kprobe:"));
  EXPECT_EQ(candidates("kprobe:vfs_"), (Strings{"kprobe:vfs_read", "kprobe:vfs_write"}));
  EXPECT_EQ(completed("k:vfs_r"), "k:vfs_read");
  EXPECT_EQ(completed("kprobe:vfs_read,kprobe:vfs_w"), "kprobe:vfs_read,kprobe:vfs_write");
  EXPECT_EQ(completed("kprobe:vfs_read, kprobe:vfs_w"), "kprobe:vfs_read, kprobe:vfs_write");
  EXPECT_EQ(completed("tracepoint:sched:o"), "tracepoint:sched:one");
  EXPECT_EQ(completed(":list kprobe:vfs_w"), ":list kprobe:vfs_write");
  EXPECT_TRUE(candidates("kprobe:no_such").empty());
  EXPECT_TRUE(candidates("no_such_provider:x").empty());
}

TEST_F(CompletionTest, OffersAfterAWholeClause) {
  EXPECT_EQ(completed("begin { printf(\"}\"); } kprobe:vfs_w"), "begin { printf(\"}\"); } kprobe:vfs_write");
  EXPECT_EQ(completed("begin { }\ntracepoint:sched:t"), "begin { }\ntracepoint:sched:two");
}

TEST_F(CompletionTest, OffersFieldsOfArgs) {
  EXPECT_EQ(candidates("tracepoint:sched:two { print(args."),
            (Strings{"args.comm", "args.extra", "args.pid"}));
  EXPECT_EQ(completed("tracepoint:sched:two /args.p"), "tracepoint:sched:two /args.pid");
  EXPECT_EQ(completed("tracepoint:sched:one,tracepoint:sched:two { @[args.p"),
            "tracepoint:sched:one,tracepoint:sched:two { @[args.pid");
  EXPECT_EQ(completed("begin { } tracepoint:sched:two { @ = args.e"),
            "begin { } tracepoint:sched:two { @ = args.extra");
  EXPECT_TRUE(candidates("begin { args.").empty());
  EXPECT_TRUE(candidates("args.").empty());
}

TEST_F(CompletionTest, OffersNamesInCode) {
  EXPECT_EQ(completed("{ print(strn"), "{ print(strncmp(");
  EXPECT_EQ(completed("1 + numai"), "1 + numaid");
  EXPECT_EQ(completed("kprobe:vfs_read /elap"), "kprobe:vfs_read /elapsed");
  EXPECT_TRUE(has(candidates("kprobe:vfs_read { el"), "else"));
  EXPECT_TRUE(candidates("kprobe:vfs_read { ").empty());
  EXPECT_TRUE(candidates("print(x.y").empty());
}

TEST_F(CompletionTest, OffersMapsVariablesAndDeclarations) {
  enter("@apples = 1");
  enter("fn twice($x: int64): int64 { return $x * 2; }");
  enter("macro third($x) { $x / 3 }");
  enter("struct fruit { int weight; };");
  EXPECT_EQ(completed("print(@ap"), "print(@apples");
  EXPECT_EQ(candidates("{ @pears = 1; @"), (Strings{"@apples", "@pears"}));
  EXPECT_EQ(completed("{ let $weight = 1; print($we"), "{ let $weight = 1; print($weight");
  EXPECT_EQ(completed("1 + twi"), "1 + twice(");
  EXPECT_EQ(completed("{ thir"), "{ third(");
  EXPECT_EQ(completed("sizeof(struct fru"), "sizeof(struct fruit");
}

TEST_F(CompletionTest, OffersFiles) {
  const auto folder = std::filesystem::temp_directory_path() / ("completion_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder / "scripts");
  std::ofstream(folder / "one.bt") << "";
  std::ofstream(folder / ".hidden") << "";
  const std::string path = folder.string() + "/";
  EXPECT_EQ(candidates(":load " + path), (Strings{path + "one.bt", path + "scripts/"}));
  EXPECT_EQ(completed(":save " + path + "scr"), ":save " + path + "scripts/");
  EXPECT_EQ(completed(":load " + path + ".h"), ":load " + path + ".hidden");
  EXPECT_EQ(completed("uprobe:" + path + "o"), "uprobe:" + path + "one.bt:");
  EXPECT_EQ(completed(":snap " + path + "o"), ":snap " + path + "one.bt:");
  setenv("HOME", folder.c_str(), 1);
  EXPECT_EQ(completed(":load ~/o"), ":load ~/one.bt");
  EXPECT_TRUE(candidates(":load " + path + "no/such/folder/").empty());
  std::filesystem::remove_all(folder);
}

// Whatever stands before the cursor: no crash, and the word begins within the text.
TEST_F(CompletionTest, TakesAnyText) {
  for (const std::string whole :
       {":list struct {", ":  type",
        "kprobe:vfs_read, /args.a == \"}{\\\"\" / { @x[$y] = args.z; } \xff\xc3 @",
        "}}}} {{{ :::: ,,,, //// args.. curtask. @ $ \\ \"", "uprobe:/no/such:", "\n\n{\n/"})
    for (size_t size = 0; size <= whole.size(); ++size) {
      const std::string text = whole.substr(0, size);
      EXPECT_LE(complete(workspace_, clauses_, text).begin, text.size()) << text;
    }
}

}  // namespace
}  // namespace tracer

#include "probes/kernel_info.h"

#include <gtest/gtest.h>

#include "fixtures.h"
#include "probes/number.h"

namespace tracer {
namespace {

class KernelInfoTest : public testing::Test {
 protected:
  test::System system;
};

TEST_F(KernelInfoTest, sorts_functions_and_leaves_out_what_cannot_be_probed) {
  auto functions = system.kernel.traceable_functions();
  ASSERT_TRUE(functions.has_value());
  std::vector<std::string> names;
  for (const auto& function : **functions) names.push_back(function.name);
  EXPECT_EQ(names, (std::vector<std::string>{"ext4_sync_file", "many", "only_listed", "tcp_close", "vfs_read",
                                             "vfs_write"}));
  EXPECT_EQ((**functions)[0].module, "ext4");
}

TEST_F(KernelInfoTest, finds_one_function_with_its_module) {
  EXPECT_EQ(system.kernel.find_function("ext4_sync_file")->module, "ext4");
  EXPECT_FALSE(system.kernel.find_function("vfs_rea"));
  EXPECT_FALSE(system.kernel.find_function("vfs_read.part.0"));
  EXPECT_FALSE(system.kernel.find_function(""));
}

TEST_F(KernelInfoTest, falls_back_to_kallsyms) {
  std::filesystem::remove(system.folder.path("tracefs/available_filter_functions"));
  EXPECT_TRUE(system.kernel.find_function("notrace_me"));
  EXPECT_FALSE(system.kernel.find_function("some_data"));
  EXPECT_FALSE(system.kernel.traceable_functions().has_value());
}

TEST_F(KernelInfoTest, reads_tracepoints) {
  EXPECT_EQ(system.kernel.tracepoint_categories().value(),
            (std::vector<std::string>{"ftrace", "sched", "syscalls"}));
  EXPECT_EQ(system.kernel.tracepoint_events("sched").value(),
            (std::vector<std::string>{"sched_switch", "sched_wakeup"}));
  EXPECT_EQ(system.kernel.tracepoint_id("sched", "sched_switch").value(), 372u);
  EXPECT_FALSE(system.kernel.tracepoint_id("sched", "sched_wakeup").has_value());
}

TEST_F(KernelInfoTest, forgets_features_that_are_turned_off) {
  system.kernel.turn_off(KernelInfo::Feature::KprobeMulti);
  EXPECT_FALSE(system.kernel.has(KernelInfo::Feature::KprobeMulti));
}

TEST(Number, reads_the_forms_of_the_language) {
  EXPECT_EQ(parse_number("0"), 0u);
  EXPECT_EQ(parse_number("1_000"), 1000u);
  EXPECT_EQ(parse_number("0x1F"), 31u);
  EXPECT_EQ(parse_number("010"), 8u);
  EXPECT_EQ(parse_number("3e6"), 3000000u);
  EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
  for (const char* wrong :
       {"", "x", "08", "1_", "_1", "-1", "1.5", "0x", "18446744073709551616", "9e19", "3e06", "1 "})
    EXPECT_FALSE(parse_number(wrong)) << wrong;
}

}  // namespace
}  // namespace tracer

#include <gtest/gtest.h>

#include "fixtures.h"

namespace tracer {
namespace {

using Names = std::vector<std::string>;

class Match : public testing::Test {
 protected:
  test::System system;
};

TEST_F(Match, finds_functions_that_btf_knows_without_the_kernels_list) {
  std::filesystem::remove(system.folder.path("tracefs/available_filter_functions"));
  EXPECT_EQ(system.match_names("kprobe:tcp_connect, kretprobe:tcp_connect+0"), Names{"kprobe:tcp_connect"});
}

TEST_F(Match, finds_other_functions_in_the_kernels_list) {
  EXPECT_EQ(system.match_names("kprobe:only_listed"), Names{"kprobe:only_listed"});
  EXPECT_EQ(system.match_names("kprobe:ext4_sync_file"), Names{"kprobe:ext4_sync_file"});
  EXPECT_TRUE(system.diags.all().empty());
}

TEST_F(Match, names_vmlinux_only_when_it_was_written) {
  EXPECT_EQ(system.match_names("kprobe:vmlinux:vfs_read"), Names{"kprobe:vmlinux:vfs_read"});
  EXPECT_EQ(system.match_names("fentry:vfs_read"), Names{"fentry:vmlinux:vfs_read"});
}

TEST_F(Match, gives_users_names_and_offsets) {
  EXPECT_EQ(system.match_names("mine=kprobe:vfs_read"), Names{"mine"});
  EXPECT_EQ(system.match_names("kprobe:vfs_read+0x10"), Names{"kprobe:vfs_read+16"});
}

TEST_F(Match, expands_wildcards_over_traceable_functions_once_each) {
  EXPECT_EQ(system.match_names("kprobe:vfs_*"), (Names{"kprobe:vfs_read", "kprobe:vfs_write"}));
  EXPECT_EQ(system.match_names("kprobe:*:*sync*"), Names{"kprobe:ext4:ext4_sync_file"});
  EXPECT_EQ(system.match_names("kprobe:'vfs_*'"), Names{}) << "quoted: a name";
}

TEST_F(Match, expands_wildcards_by_btf_when_the_list_cannot_be_read) {
  std::filesystem::remove(system.folder.path("tracefs/available_filter_functions"));
  EXPECT_EQ(system.match_names("kprobe:tcp_*"), (Names{"kprobe:tcp_close", "kprobe:tcp_connect"}));
}

TEST_F(Match, expands_fentry_over_functions_that_are_traceable_and_known_to_btf) {
  EXPECT_EQ(system.match_names("fentry:*"),
            (Names{"fentry:vmlinux:tcp_close", "fentry:vmlinux:vfs_read", "fentry:vmlinux:vfs_write"}));
}

TEST_F(Match, reports_a_missing_function_with_the_nearest) {
  EXPECT_EQ(system.match_names("kprobe:tcp_conect"), Names{});
  EXPECT_EQ(system.message(), "No matches for kprobe tcp_conect. | did you mean `tcp_connect`?");
}

TEST_F(Match, follows_the_policy_for_missing_probes) {
  EXPECT_EQ(system.match_names("kprobe:nope_nope_nope", MissingProbes::Ignore), Names{});
  EXPECT_TRUE(system.diags.all().empty());
  EXPECT_EQ(system.match_names("kprobe:nope_nope_nope", MissingProbes::Warn), Names{});
  EXPECT_EQ(system.message(), "No matches for kprobe nope_nope_nope. Skipping.");
  EXPECT_FALSE(system.diags.has_errors());
}

TEST_F(Match, reports_a_wildcard_without_match) {
  EXPECT_EQ(system.match_names("kprobe:zzz*"), Names{});
  EXPECT_EQ(system.message(),
            "Probe has no valid attach points. If this is expected, set the 'missing_probes' config variable "
            "to 'warn'.");
}

TEST_F(Match, tells_a_function_that_cannot_be_traced_from_one_that_does_not_exist) {
  EXPECT_EQ(system.match_names("kprobe:notrace_me"), Names{});
  ASSERT_EQ(system.diags.all().size(), 2u);
  EXPECT_EQ(system.diags.all()[0].text, "`notrace_me` is a kernel function, but not one that can be traced");
  EXPECT_EQ(system.diags.all()[1].text, "No matches for kprobe notrace_me.");
}

TEST_F(Match, tries_any_function_when_unsafe) {
  EXPECT_EQ(system.match_names("kprobe:notrace_me", MissingProbes::Error, true), Names{"kprobe:notrace_me"});
  EXPECT_FALSE(system.diags.has_errors());
}

TEST_F(Match, maps_old_names_of_system_calls) {
#if defined(__x86_64__)
  EXPECT_EQ(system.match_names("kprobe:sys_openat, SyS_openat"),
            (Names{"kprobe:__x64_sys_openat", "kprobe:__x64_sys_openat"}));
  ASSERT_EQ(system.diags.all().size(), 2u);
  EXPECT_EQ(
      system.diags.all()[0].text,
      "the kernel lists no function `sys_openat`; probing `__x64_sys_openat`, its name for that system call");
  EXPECT_FALSE(system.diags.has_errors());
#endif
}

TEST_F(Match, obeys_a_list_of_the_users_own) {
  system.folder.write("mine", "my_function\nother [mod]\n");
  KernelInfo kernel(system.folder.path("tracefs"), system.folder.path("kallsyms"),
                    system.folder.path("mine"));
  auto names = [&](const char* text) {
    Names result;
    for (const AttachTarget& target :
         match(system.parse(text).at(0), kernel, system.types, MissingProbes::Ignore, system.diags).targets)
      result.push_back(target.name);
    return result;
  };
  EXPECT_EQ(names("kprobe:my_function"), Names{"kprobe:my_function"});
  EXPECT_EQ(names("kprobe:vfs_read"), Names{});
  EXPECT_EQ(names("kprobe:*"), (Names{"kprobe:my_function", "kprobe:other"}));
}

TEST_F(Match, reports_a_module_that_is_not_loaded) {
  EXPECT_EQ(system.match_names("kprobe:no_such_module:f"), Names{});
  EXPECT_EQ(system.message(),
            "specified module no_such_module in probe kprobe:no_such_module:f is not loaded.");
}

TEST_F(Match, reports_functions_with_too_many_arguments_for_fentry) {
#if defined(__x86_64__)
  EXPECT_EQ(system.match_names("fentry:many"), Names{});
  EXPECT_EQ(system.message(),
            "`many` takes its arguments in more than 6 registers, which fentry probes cannot follow | use a "
            "kprobe");
#endif
}

TEST_F(Match, reports_fentry_without_btf) {
  std::filesystem::remove(system.folder.path("btf"));
  EXPECT_EQ(system.match_names("fentry:vfs_read"), Names{});
  EXPECT_EQ(system.diags.all().front().text.substr(0, 49),
            "fentry probes need the kernel's type information:");
}

TEST_F(Match, finds_tracepoints) {
  EXPECT_EQ(system.match_names("tracepoint:sched:sched_switch"), Names{"tracepoint:sched:sched_switch"});
  EXPECT_EQ(system.match_names("t:sched:*"),
            (Names{"tracepoint:sched:sched_switch", "tracepoint:sched:sched_wakeup"}));
  EXPECT_EQ(system.match_names("t:s*:*openat"), Names{"tracepoint:syscalls:sys_enter_openat"});
  EXPECT_EQ(system.match_names("t:*:function", MissingProbes::Ignore), Names{})
      << "ftrace's own are no tracepoints";
}

TEST_F(Match, reports_missing_tracepoints_with_the_nearest) {
  system.match_names("tracepoint:sched:sched_swich");
  EXPECT_EQ(system.message(),
            "Tracepoint not found: sched:sched_swich | did you mean `tracepoint:sched:sched_switch`?");
}

TEST_F(Match, suggests_the_right_category) {
  system.match_names("tracepoint:syscalls:sched_switch");
  EXPECT_EQ(system.message(),
            "Tracepoint not found: syscalls:sched_switch | did you mean `tracepoint:sched:sched_switch`?");
}

TEST_F(Match, does_not_leave_tracefs) {
  EXPECT_EQ(system.match_names("tracepoint:..:'sched/sched_switch'"), Names{});
  EXPECT_TRUE(system.diags.has_errors());
}

TEST_F(Match, needs_no_kernel_for_probes_of_user_space) {
  test::TempFolder empty;
  KernelInfo nothing(empty.path("none"), empty.path("none"), {});
  TypeDb no_types(empty.path("none"));
  for (const char* text : {"begin", "end", "interval:s:1"}) {
    auto targets =
        match(system.parse(text).at(0), nothing, no_types, MissingProbes::Error, system.diags).targets;
    ASSERT_EQ(targets.size(), 1u);
    EXPECT_EQ(targets[0].name, text);
  }
}

TEST_F(Match, names_sections_as_libbpf_does) {
  auto section = [&](const char* text) {
    ProbeSpec spec = system.parse(text).at(0);
    return section_name(spec,
                        match(spec, system.kernel, system.types, MissingProbes::Error, system.diags).targets);
  };
  EXPECT_EQ(section("begin"), "raw_tp/begin");
  EXPECT_EQ(section("kprobe:vfs_read"), "kprobe/vfs_read");
  EXPECT_EQ(section("kprobe:vfs_read+16"), "kprobe/vfs_read+0x10");
  EXPECT_EQ(section("kretprobe:vfs_*"), "kretprobe.multi/vfs_*");
  EXPECT_EQ(section("fexit:vfs_read"), "fexit/vfs_read");
  EXPECT_EQ(section("tracepoint:sched:sched_switch"), "tracepoint/sched/sched_switch");
  EXPECT_EQ(section("tracepoint:sched:*"), "tracepoint");
  EXPECT_EQ(section("profile:hz:9"), "perf_event");
}

TEST_F(Match, lists_probes) {
  auto list = [&](const char* pattern) {
    Names lines;
    auto done = list_probes(pattern, {}, system.kernel, system.types, [&](const std::string& line) {
      lines.push_back(line);
      return lines.size() < 4;
    });
    EXPECT_TRUE(done.has_value());
    return lines;
  };
  EXPECT_EQ(list("k:vfs_*"), (Names{"kprobe:vfs_read", "kprobe:vfs_write"}));
  EXPECT_EQ(list("tracepoint:*openat*"), Names{"tracepoint:syscalls:sys_enter_openat"});
  EXPECT_EQ(list("f:tcp_*"), Names{"fentry:vmlinux:tcp_close"});
  EXPECT_EQ(list("*:*vfs_read*,t:sched:*"),
            (Names{"kprobe:vfs_read", "fentry:vmlinux:vfs_read", "tracepoint:sched:sched_switch",
                   "tracepoint:sched:sched_wakeup"}));
  EXPECT_EQ(list("kprobe:*").size(), 4u) << "stops when told to";
}

}  // namespace
}  // namespace tracer

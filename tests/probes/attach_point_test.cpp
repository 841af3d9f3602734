#include <gtest/gtest.h>

#include "fixtures.h"

namespace tracer {
namespace {

std::vector<std::string> texts(const std::string& list, std::vector<std::string> positional = {}) {
  test::System system;
  std::vector<std::string> result;
  for (const ProbeSpec& spec : system.parse(list, false, std::move(positional))) result.push_back(spec.text);
  for (const Diagnostic& d : system.diags.all()) result.push_back("! " + d.text);
  return result;
}
using Texts = std::vector<std::string>;

std::string message(const std::string& list, std::vector<std::string> positional = {}) {
  test::System system;
  system.parse(list, false, std::move(positional));
  return system.message();
}

TEST(AttachPoint, takes_short_names_aliases_and_any_case) {
  EXPECT_EQ(texts("k:f"), Texts{"kprobe:f"});
  EXPECT_EQ(texts("KPROBE:f"), Texts{"kprobe:f"});
  EXPECT_EQ(texts("BEGIN, end"), (Texts{"begin", "end"}));
  EXPECT_EQ(texts("kfunc:vmlinux:f, kretfunc:f"), (Texts{"fentry:vmlinux:f", "fexit:f"}));
  EXPECT_EQ(texts("u:/bin/a:f, U:/bin/a:n"), (Texts{"uprobe:/bin/a:f", "usdt:/bin/a:n"}));
}

TEST(AttachPoint, inherits_provider_and_group) {
  EXPECT_EQ(texts("kprobe:vfs_read, vfs_write"), (Texts{"kprobe:vfs_read", "kprobe:vfs_write"}));
  EXPECT_EQ(texts("tracepoint:ext4:a, ext4:b"), (Texts{"tracepoint:ext4:a", "tracepoint:ext4:b"}));
  EXPECT_EQ(texts("tracepoint:sched:a, b, c"),
            (Texts{"tracepoint:sched:a", "tracepoint:sched:b", "tracepoint:sched:c"}));
  EXPECT_EQ(texts("uprobe:/bin/bash:readline, xmalloc"),
            (Texts{"uprobe:/bin/bash:readline", "uprobe:/bin/bash:xmalloc"}));
  EXPECT_EQ(texts("uprobe:libc:malloc, libcrypto:CRYPTO_malloc"),
            (Texts{"uprobe:libc:malloc", "uprobe:libcrypto:CRYPTO_malloc"}));
  EXPECT_EQ(texts("software:faults:1, cs:1"),
            (Texts{"software:page-faults:1", "software:context-switches:1"}));
  EXPECT_EQ(texts("kprobe:vfs_read, begin"), (Texts{"kprobe:vfs_read", "begin"}));
}

TEST(AttachPoint, takes_a_providers_name_as_a_function_when_its_parts_do_not_suit) {
  EXPECT_EQ(texts("kprobe:f, k"), (Texts{"kprobe:f", "kprobe:k"}));
}

TEST(AttachPoint, does_not_inherit_a_module) {
  EXPECT_EQ(texts("kprobe:ext4:a, b"), (Texts{"kprobe:ext4:a", "kprobe:b"}));
}

TEST(AttachPoint, expands_positional_parameters) {
  EXPECT_EQ(texts("kprobe:$1", {"vfs_read"}), Texts{"kprobe:vfs_read"});
  EXPECT_EQ(texts("interval:$1:$2", {"s", "5"}), Texts{"interval:s:5"});
  EXPECT_EQ(texts("kprobe:vfs_$1x", {"read"}), Texts{"kprobe:vfs_readx"});
  EXPECT_EQ(texts("tracepoint:$1", {"sched:sched_switch"}), Texts{"tracepoint:sched:sched_switch"});
  EXPECT_EQ(texts("kprobe:'f$1'", {"x"}), Texts{"kprobe:f$1"}) << "quoted parts stand as they are";
}

TEST(AttachPoint, reports_wrong_positional_parameters) {
  EXPECT_EQ(message("kprobe:f$99999999999999999999", {"a"}),
            "positional parameter `$99999999999999999999` is not given | give it after the script: "
            "`tracer -e '...' VALUE`");
  EXPECT_EQ(message("kprobe:$2", {"a"}),
            "positional parameter `$2` is not given | give it after the script: `tracer -e '...' VALUE`");
}

TEST(AttachPoint, reports_unknown_providers_with_the_nearest) {
  EXPECT_EQ(message("kprob:f"), "Invalid probe type: kprob | did you mean `kprobe`?");
  EXPECT_EQ(message("foo:f"), "Invalid probe type: foo");
  EXPECT_EQ(message("'kprobe':f"), "Invalid probe type: kprobe | the provider is written without quotes");
}

TEST(AttachPoint, reports_part_counts) {
  EXPECT_EQ(message("tracepoint:sched"), "tracepoint probe type requires 2 arguments, found 1");
  EXPECT_EQ(message("begin:x"), "begin probe type requires 0 arguments, found 1");
  EXPECT_EQ(message("interval:s:5:6"), "interval probe type requires 1 or 2 arguments, found 3");
  EXPECT_EQ(message("fentry:a:b:c"),
            "fentry probe type requires 1 or 2 arguments, found 3 | three are for BPF programs: "
            "`fentry:bpf:ID:PROGRAM`");
  EXPECT_EQ(message("kprobe"), "kprobe probe type requires 1 or 2 arguments, found 0");
}

TEST(AttachPoint, reports_several_mistakes_and_keeps_the_good_ones) {
  EXPECT_EQ(texts("foo:a, kprobe:f, interval:x:1"),
            (Texts{"kprobe:f", "! Invalid probe type: foo", "! x is not an accepted unit of time"}));
}

TEST(AttachPoint, reports_wildcards_where_none_are_allowed) {
  EXPECT_EQ(message("interval:s:*"), "interval probe type does not support wildcards");
  EXPECT_EQ(message("iter:*"), "iter probe type does not support wildcards");
}

TEST(AttachPoint, reports_empty_parts) { EXPECT_EQ(message("kprobe:"), "kprobe probe has an empty part"); }

TEST(AttachPoint, reads_offsets) {
  test::System system;
  auto specs = system.parse("kprobe:vfs_read+0x10");
  ASSERT_EQ(specs.size(), 1u);
  EXPECT_EQ(specs[0].function, "vfs_read");
  EXPECT_EQ(specs[0].offset, 16u);
  EXPECT_EQ(specs[0].text, "kprobe:vfs_read+16");
}

TEST(AttachPoint, reports_wrong_offsets_and_addresses) {
  EXPECT_EQ(message("kprobe:f+1+2"), "Cannot take more than one offset");
  EXPECT_EQ(message("kretprobe:f+1"), "Offset not allowed");
  EXPECT_EQ(message("kprobe:f+x"), "Invalid offset: x");
  EXPECT_EQ(message("kprobe:f*+1"), "an offset needs one function, and `f*` has a wildcard");
  EXPECT_EQ(message("kprobe:0xffff"), "Probing by address requires --unsafe");
  EXPECT_EQ(message("kprobe:12ab"), "Invalid address: 12ab");
  test::System system;
  EXPECT_EQ(system.parse("kprobe:0xffff", true).at(0).address, 0xffffu);
}

struct TimerCase {
  const char* written;
  const char* name;
  uint64_t period;
};

TEST(AttachPoint, reads_timers_in_all_forms) {
  for (const TimerCase& c : std::initializer_list<TimerCase>{
           {"interval:s:5", "interval:s:5", 5'000'000'000},
           {"interval:ms:300", "interval:ms:300", 300'000'000},
           {"interval:us:7", "interval:us:7", 7000},
           {"interval:hz:5", "interval:hz:5", 200'000'000},
           {"interval:300ms", "interval:ms:300", 300'000'000},
           {"interval:5s", "interval:s:5", 5'000'000'000},
           {"interval:2m", "interval:s:120", 120'000'000'000},
           {"interval:400000000", "interval:us:400000", 400'000'000},
           {"interval:4e8", "interval:us:400000", 400'000'000},
           {"profile:1ms", "profile:us:1000", 1'000'000},
           {"p:hz:99", "profile:hz:99", 10'101'010},
       }) {
    test::System system;
    auto specs = system.parse(c.written);
    ASSERT_EQ(specs.size(), 1u) << c.written;
    EXPECT_EQ(specs[0].text, c.name) << c.written;
    EXPECT_EQ(specs[0].period, c.period) << c.written;
  }
}

TEST(AttachPoint, reports_wrong_timers) {
  EXPECT_EQ(message("interval:years:1"), "years is not an accepted unit of time | use s, ms, us or hz");
  EXPECT_EQ(message("interval:5years"),
            "years is not an accepted unit of time | use ns, us, ms, s, m, h or d");
  EXPECT_EQ(message("profile:5"),
            "Invalid rate of profile probe. Minimum is 1000 or 1us. Found: 5 nanoseconds");
  EXPECT_EQ(message("interval:s:0"),
            "Invalid rate of interval probe. Minimum is 1000 or 1us. Found: 0 nanoseconds");
  EXPECT_EQ(message("profile:hz:0"),
            "Invalid rate of profile probe. Minimum is 1000 or 1us. Found: 0 nanoseconds");
  EXPECT_EQ(message("profile:hz:abc"), "Invalid rate of profile probe: abc is not a number");
  EXPECT_EQ(message("interval:s:99999999999999"),
            "Invalid rate of interval probe: 99999999999999 is not a number");
}

TEST(Provider, every_enumerator_has_its_row) {
  for (const ProviderInfo& info : all_providers()) {
    EXPECT_EQ(&provider_info(info.provider), &info) << info.name;
    EXPECT_EQ(find_provider(info.name), &info);
    if (*info.short_name) {
      EXPECT_EQ(find_provider(info.short_name), &info) << info.short_name;
    }
    EXPECT_NE(std::string(info.doc), "");
  }
  EXPECT_EQ(all_providers().size(), static_cast<size_t>(Provider::Iter) + 1);
  EXPECT_EQ(find_provider("nope"), nullptr);
  EXPECT_EQ(find_provider(""), nullptr);
}

}  // namespace
}  // namespace tracer

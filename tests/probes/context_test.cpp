#include <gtest/gtest.h>

#include "fixtures.h"
#include "probes/online_cpus.h"
#include "probes/registers.h"
#include "probes/tracepoint_format.h"

namespace tracer {
namespace {

class Context : public testing::Test {
 protected:
  test::System system;

  // `name:type@place` for each argument.
  static std::vector<std::string> show(const ProbeContext& context) {
    std::vector<std::string> result;
    for (const ProbeArgument& a : context.arguments) {
      bool by_offset = a.place.kind == ArgumentPlace::Kind::ContextBytes ||
                       a.place.kind == ArgumentPlace::Kind::DataLocation;
      result.push_back(a.name + ":" + to_string(a.type) + "@" +
                       std::to_string(by_offset ? a.place.offset : a.place.index));
    }
    return result;
  }
};
using Shown = std::vector<std::string>;

TEST_F(Context, of_kprobe_has_registers_of_the_calling_convention) {
  ProbeContext context = system.context("kprobe:vfs_read");
  EXPECT_EQ(context.context, ContextKind::PtRegs);
  EXPECT_TRUE(context.has_named_arguments);
  EXPECT_EQ(show(context), (Shown{"sk:struct sock *@0", "count:uint64@1", "last:int32@4"}))
      << "a struct by value takes two registers";
  EXPECT_EQ(context.arguments[0].place.kind, ArgumentPlace::Kind::Register);
  EXPECT_EQ(context.arguments[0].type.space, AddressSpace::Kernel);
  EXPECT_EQ(context.numbered_arguments, registers().arguments.size());
}

TEST_F(Context, of_kprobe_inside_a_function_has_no_arguments) {
  ProbeContext context = system.context("kprobe:vfs_read+4");
  EXPECT_FALSE(context.has_named_arguments);
  EXPECT_EQ(context.numbered_arguments, 0u);
  EXPECT_EQ(context.why_no_arguments, "arguments are known at a function's entry only");
}

TEST_F(Context, of_kprobe_says_that_btf_has_no_prototype) {
  EXPECT_EQ(system.context("kprobe:only_listed").why_no_arguments,
            "the kernel's type information has no prototype of `only_listed`");
}

TEST_F(Context, of_kretprobe_has_the_result) {
  ProbeContext context = system.context("kretprobe:vfs_read");
  ASSERT_TRUE(context.result);
  EXPECT_EQ(to_string(context.result->type), "uint64");
  EXPECT_EQ(context.result->place.kind, ArgumentPlace::Kind::ReturnRegister);
  EXPECT_FALSE(context.has_named_arguments);
}

TEST_F(Context, of_fentry_and_fexit_has_slots) {
  ProbeContext entry = system.context("fentry:vfs_read");
  EXPECT_EQ(show(entry),
            (Shown{"sk:struct sock *@0", "count:uint64@1", "pair:struct two_words@2", "last:int32@4"}));
  EXPECT_FALSE(entry.result);
  ProbeContext exit = system.context("fexit:vfs_read");
  ASSERT_TRUE(exit.result);
  EXPECT_EQ(exit.result->place.index, 5u) << "the result stands behind the arguments";
  EXPECT_EQ(to_string(exit.result->type), "int32");
  EXPECT_FALSE(system.context("fexit:tcp_close").result) << "void";
}

TEST_F(Context, of_tracepoint_has_the_fields_of_its_format) {
  ProbeContext context = system.context("tracepoint:sched:sched_switch");
  EXPECT_EQ(show(context), (Shown{"prev_comm:string[16]@8", "prev_pid:int32@24", "prev_state:int64@32",
                                  "flags:uint32@40", "path:int8 *@44", "tail:int8 *@44",
                                  "sk:struct sock *@48", "saddr:uint8[4]@56", "fast:bool@60"}));
  EXPECT_EQ(context.arguments[4].place.kind, ArgumentPlace::Kind::DataLocation);
  EXPECT_EQ(context.arguments[4].place.index, 0u) << "counted from the record's start";
  EXPECT_EQ(context.arguments[5].place.index, 48u) << "counted from the field's end";
  EXPECT_EQ(context.arguments[6].type.target->size, 8u) << "looked up in BTF";
  EXPECT_EQ(context.space, AddressSpace::Kernel);
}

TEST_F(Context, of_system_calls_has_user_pointers) {
  ProbeContext context = system.context("tracepoint:syscalls:sys_enter_openat");
  EXPECT_EQ(show(context),
            (Shown{"__syscall_nr:int32@8", "dfd:uint64@16", "filename:int8 *@24", "addr:void *@32"}));
  EXPECT_EQ(context.space, AddressSpace::User);
  EXPECT_EQ(context.arguments[2].type.space, AddressSpace::User);
}

TEST_F(Context, of_begin_says_why_there_are_no_arguments) {
  ProbeContext context = system.context("begin");
  EXPECT_EQ(context.provider, Provider::Begin);
  EXPECT_EQ(context.context, ContextKind::None);
  EXPECT_EQ(context.why_no_arguments, "`begin` probes have no `args`");
}

TEST(TracepointFormat, skips_lines_that_it_does_not_understand) {
  EXPECT_TRUE(parse_tracepoint_format("").empty());
  EXPECT_TRUE(parse_tracepoint_format("field:;offset:;size:;\nfield:int;\toffset:1;\tsize:2;\n").empty());
}

TEST(Registers, give_the_places_of_arguments) {
#if defined(__x86_64__)
  EXPECT_EQ(argument_offset(0), 112u);
  EXPECT_EQ(argument_offset(5), 64u);
  EXPECT_FALSE(argument_offset(6));
  EXPECT_EQ(result_offset(), 80u);
  EXPECT_EQ(register_offset("sp"), 152u);
#endif
  EXPECT_FALSE(register_offset("nope"));
}

TEST(CpuList, reads_ranges) {
  EXPECT_EQ(parse_cpu_list("0-3,8"), (std::vector<int>{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("5"), std::vector<int>{5});
  EXPECT_EQ(parse_cpu_list(""), std::vector<int>{});
}

}  // namespace
}  // namespace tracer

#include "plan/type.h"

#include <gtest/gtest.h>

namespace tracer {
namespace {

TEST(Type, NamesAsMessagesShowThem) {
  Type sock;
  sock.kind = TypeKind::Struct;
  sock.name = "sock";
  EXPECT_EQ(to_string(int_type(4, false)), "uint32");
  EXPECT_EQ(to_string(string_type(16)), "string[16]");
  EXPECT_EQ(to_string(pointer_type(sock, AddressSpace::Kernel)), "struct sock *");
  EXPECT_EQ(to_string(void_pointer_type(AddressSpace::User)), "void *");
  EXPECT_EQ(to_string(tuple_type({int_type(1, true), string_type(2)})), "(int8,string[2])");
  EXPECT_EQ(to_string(record_type({{"a", int_type(1, true)}, {"b", string_type(2)}})),
            "record { .a = int8, .b = string[2] }");
  EXPECT_EQ(to_string(stack_type(TypeKind::KernelStack, StackMode::Bpftrace, 127)), "kstack_bpftrace_127");
  EXPECT_EQ(to_string(aggregate_type(TypeKind::Sum, false)), "usum_t");
  EXPECT_EQ(to_string(array_type(int_type(8, false), 3)), "uint64[3]");
}

TEST(Type, LaysTuplesOutAsC) {
  Type type = tuple_type({int_type(1, true), int_type(8, false), string_type(3)});
  ASSERT_EQ(type.fields->size(), 3u);
  EXPECT_EQ((*type.fields)[1].offset, 8u);
  EXPECT_EQ((*type.fields)[2].offset, 16u);
  EXPECT_EQ(type.size, 24u);
  EXPECT_EQ(tuple_type({}).size, 0u);
}

TEST(Type, ComparesByStructure) {
  EXPECT_TRUE(same_type(tuple_type({int_type(4, true)}), tuple_type({int_type(4, true)})));
  EXPECT_FALSE(same_type(tuple_type({int_type(4, true)}), tuple_type({int_type(4, false)})));
  EXPECT_FALSE(same_type(record_type({{"a", bool_type()}}), record_type({{"b", bool_type()}})));
}

}  // namespace
}  // namespace tracer

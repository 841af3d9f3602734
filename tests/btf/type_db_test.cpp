#include "btf/type_db.h"

#include <gtest/gtest.h>

#include <cstring>

#include "btf_builder.h"

namespace tracer {
namespace {

using Tag = TypeDb::Tag;

// Bytes of a small kernel, as C:
//   typedef unsigned int u32; typedef u32 pid_t;
//   enum color { RED = 1, BLUE = 2 }; enum sign { MINUS = -1, PLUS = 1 };
//   enum big : u64 { HUGE = 1ULL << 40 };
//   union pick { u32 word; char bytes[4]; };
//   struct inner { u32 a; char name[8]; };
//   struct task { pid_t pid; const volatile u32 state; char comm[16]; struct inner in; struct task *parent;
//     char __user *buf; union { u32 left; struct { u32 right; }; }; u32 low : 3, high : 5;
//     void (*run)(void); u32 grid[2][3]; enum color paint; char tail[]; };
//   typedef struct { int counter; } atomic_t;
//   u32 open_it(struct task *t, char __user *name, enum color c, ...);
struct Kernel {
  test::BtfBuilder b;
  Kernel() {
    int u32_base = btf__add_int(*b, "unsigned int", 4, 0);
    int chr = btf__add_int(*b, "char", 1, BTF_INT_SIGNED);
    int i32 = btf__add_int(*b, "int", 4, BTF_INT_SIGNED);
    int u32 = btf__add_typedef(*b, "u32", u32_base);
    int pid = btf__add_typedef(*b, "pid_t", u32);
    int color = btf__add_enum(*b, "color", 4);
    btf__add_enum_value(*b, "RED", 1);
    btf__add_enum_value(*b, "BLUE", 2);
    btf__add_enum(*b, "sign", 4);
    btf__add_enum_value(*b, "MINUS", -1);
    btf__add_enum_value(*b, "PLUS", 1);
    btf__add_enum64(*b, "big", 8, false);
    btf__add_enum64_value(*b, "HUGE", 1ULL << 40);
    auto array = [&](int element, uint32_t n) { return btf__add_array(*b, i32, element, n); };
    int chars4 = array(chr, 4), chars8 = array(chr, 8), chars16 = array(chr, 16), chars0 = array(chr, 0);
    int row = array(u32, 3), grid = array(row, 2);
    btf__add_union(*b, "pick", 4);
    btf__add_field(*b, "word", u32, 0, 0);
    btf__add_field(*b, "bytes", chars4, 0, 0);
    int inner = btf__add_struct(*b, "inner", 12);
    btf__add_field(*b, "a", u32, 0, 0);
    btf__add_field(*b, "name", chars8, 32, 0);
    int right = btf__add_struct(*b, nullptr, 4);
    btf__add_field(*b, "right", u32, 0, 0);
    int either = btf__add_union(*b, nullptr, 4);
    btf__add_field(*b, "left", u32, 0, 0);
    btf__add_field(*b, nullptr, right, 0, 0);
    int state = btf__add_const(*b, btf__add_volatile(*b, u32));
    int user_chars = btf__add_ptr(*b, btf__add_type_tag(*b, "user", chr));
    int run_proto = btf__add_func_proto(*b, 0);
    int run = btf__add_ptr(*b, run_proto);
    int task_fwd_ptr = btf__type_cnt(*b);  // the pointer comes before what it points to
    btf__add_ptr(*b, task_fwd_ptr + 1);
    btf__add_struct(*b, "task", 120);
    btf__add_field(*b, "pid", pid, 0, 0);
    btf__add_field(*b, "state", state, 32, 0);
    btf__add_field(*b, "comm", chars16, 64, 0);
    btf__add_field(*b, "in", inner, 192, 0);
    btf__add_field(*b, "parent", task_fwd_ptr, 320, 0);
    btf__add_field(*b, "buf", user_chars, 384, 0);
    btf__add_field(*b, nullptr, either, 448, 0);
    btf__add_field(*b, "low", u32, 480, 3);
    btf__add_field(*b, "high", u32, 483, 5);
    btf__add_field(*b, "run", run, 512, 0);
    btf__add_field(*b, "grid", grid, 576, 0);
    btf__add_field(*b, "paint", color, 768, 0);
    btf__add_field(*b, "tail", chars0, 800, 0);
    int anonymous = btf__add_struct(*b, nullptr, 4);
    btf__add_field(*b, "counter", i32, 0, 0);
    btf__add_typedef(*b, "atomic_t", anonymous);
    int proto = btf__add_func_proto(*b, u32);
    btf__add_func_param(*b, "t", task_fwd_ptr);
    btf__add_func_param(*b, "name", user_chars);
    btf__add_func_param(*b, "c", color);
    btf__add_func_param(*b, nullptr, 0);
    btf__add_func(*b, "open_it", BTF_FUNC_STATIC, proto);
    int void_ptr = btf__add_ptr(*b, 0);
    int trace_proto = btf__add_func_proto(*b, 0);
    btf__add_func_param(*b, "__data", void_ptr);
    btf__add_func_param(*b, "t", task_fwd_ptr);
    btf__add_typedef(*b, "btf_trace_task_made", btf__add_ptr(*b, trace_proto));
  }
};

class TypeDbTest : public testing::Test {
 protected:
  Kernel kernel;
  test::TempFile file{kernel.b.bytes()};
  TypeDb types{file.path()};

  Type task() { return types.find(Tag::Struct, "task").value_or(Type()); }
  Field field(std::string_view name) {
    return types.field(task(), name, AddressSpace::Kernel).value_or(Field());
  }
};

TEST_F(TypeDbTest, finds_typedefs_and_base_types_by_plain_name) {
  EXPECT_EQ(to_string(*types.find(Tag::Any, "pid_t")), "uint32");
  EXPECT_EQ(to_string(*types.find(Tag::Any, "unsigned int")), "uint32");
  EXPECT_EQ(to_string(*types.find(Tag::Any, "char")), "int8");
  EXPECT_FALSE(types.find(Tag::Any, "task"));
  EXPECT_FALSE(types.find(Tag::Struct, "nope"));
  EXPECT_FALSE(types.find(Tag::Struct, ""));
}

TEST_F(TypeDbTest, finds_structs_unions_and_enums_by_tag) {
  EXPECT_EQ(task().size, 120u);
  EXPECT_EQ(task().name, "task");
  Type pick = *types.find(Tag::Union, "pick");
  EXPECT_TRUE(pick.is_union);
  EXPECT_FALSE(types.find(Tag::Struct, "pick"));
  Type color = *types.find(Tag::Enum, "color");
  EXPECT_EQ(color.size, 8u) << "an enum by itself has 64 bits";
  EXPECT_FALSE(color.is_signed);
  EXPECT_TRUE(types.find(Tag::Enum, "sign")->is_signed);
}

TEST_F(TypeDbTest, names_an_anonymous_struct_by_its_typedef) {
  Type atomic = *types.find(Tag::Any, "atomic_t");
  EXPECT_TRUE(atomic.is(TypeKind::Struct));
  EXPECT_EQ(atomic.name, "atomic_t");
  EXPECT_EQ(to_string(types.field(atomic, "counter", AddressSpace::Kernel)->type), "int32");
}

TEST_F(TypeDbTest, gives_fields_their_types_and_places) {
  EXPECT_EQ(to_string(field("pid").type), "uint32");
  EXPECT_EQ(field("state").offset, 4u);
  EXPECT_EQ(to_string(field("state").type), "uint32");
  EXPECT_EQ(to_string(field("comm").type), "string[16]");
  EXPECT_EQ(to_string(field("in").type), "struct inner");
  EXPECT_EQ(field("in").offset, 24u);
  EXPECT_EQ(to_string(field("grid").type), "uint32[3][2]");
  EXPECT_EQ(field("grid").type.size, 24u);
  EXPECT_EQ(field("paint").type.size, 4u) << "an enum in a struct has its C size";
  EXPECT_TRUE(field("tail").type.is(TypeKind::Array));
  EXPECT_EQ(field("tail").type.count, 0u);
  EXPECT_FALSE(types.field(task(), "nope", AddressSpace::Kernel));
}

TEST_F(TypeDbTest, resolves_pointers_with_their_address_space) {
  Field parent = field("parent");
  ASSERT_TRUE(parent.type.is(TypeKind::Pointer));
  EXPECT_EQ(parent.type.target->name, "task");
  EXPECT_EQ(parent.type.target->size, 120u);
  EXPECT_EQ(parent.type.space, AddressSpace::Kernel);
  EXPECT_EQ(field("buf").type.space, AddressSpace::User);
  EXPECT_EQ(to_string(field("buf").type), "int8 *");
  ASSERT_TRUE(field("run").type.is(TypeKind::Pointer));
  EXPECT_TRUE(!field("run").type.target || field("run").type.target->is(TypeKind::Void));
}

TEST_F(TypeDbTest, walks_through_anonymous_members) {
  EXPECT_EQ(field("left").offset, 56u);
  EXPECT_EQ(field("right").offset, 56u);
}

TEST_F(TypeDbTest, places_bit_fields_in_units_of_their_type) {
  Field low = field("low"), high = field("high");
  EXPECT_EQ(low.offset, 60u);
  EXPECT_EQ(low.bit_offset, 0u);
  EXPECT_EQ(low.bit_size, 3u);
  EXPECT_EQ(high.offset, 60u);
  EXPECT_EQ(high.bit_offset, 3u);
  EXPECT_EQ(high.bit_size, 5u);
}

TEST_F(TypeDbTest, places_old_bit_fields_by_their_integer_type) {
  test::BtfBuilder b;
  int plain = btf__add_int(*b, "unsigned int", 4, 0);
  int three = btf__add_int(*b, "unsigned int", 4, 0);
  auto* type = const_cast<btf_type*>(btf__type_by_id(*b, static_cast<uint32_t>(three)));
  *reinterpret_cast<uint32_t*>(type + 1) = 3;  // three bits
  int old = btf__add_struct(*b, "old", 8);
  btf__add_field(*b, "word", plain, 0, 0);
  btf__add_field(*b, "bits", three, 37, 3);
  // libbpf writes the new form only.
  auto* structure = const_cast<btf_type*>(btf__type_by_id(*b, static_cast<uint32_t>(old)));
  structure->info &= ~(1u << 31);
  reinterpret_cast<btf_member*>(structure + 1)[1].offset = 37;
  test::TempFile old_file(b.bytes());
  TypeDb old_types(old_file.path());
  Field bits = old_types.field(*old_types.find(Tag::Struct, "old"), "bits", AddressSpace::Kernel).value();
  EXPECT_EQ(bits.offset, 4u);
  EXPECT_EQ(bits.bit_offset, 5u);
  EXPECT_EQ(bits.bit_size, 3u);
}

TEST_F(TypeDbTest, places_packed_bit_fields_inside_the_struct) {
  test::BtfBuilder b;
  int u32 = btf__add_int(*b, "unsigned int", 4, 0);
  btf__add_struct(*b, "packed", 5);
  btf__add_field(*b, "a", u32, 0, 30);
  btf__add_field(*b, "b", u32, 30, 10);
  test::TempFile packed_file(b.bytes());
  TypeDb packed_types(packed_file.path());
  Field field_b =
      packed_types.field(*packed_types.find(Tag::Struct, "packed"), "b", AddressSpace::Kernel).value();
  EXPECT_EQ(field_b.offset * 8 + field_b.bit_offset, 30u);
  EXPECT_LE(field_b.bit_offset + field_b.bit_size, field_b.type.size * 8);
  EXPECT_LE(field_b.offset + field_b.type.size, 5u);
}

TEST_F(TypeDbTest, expands_nested_structs_and_enums) {
  Type whole = types.expand(task());
  ASSERT_TRUE(whole.fields);
  std::vector<std::string> names;
  for (const Field& f : *whole.fields) names.push_back(f.name);
  EXPECT_EQ(names, (std::vector<std::string>{"pid", "state", "comm", "in", "parent", "buf", "left", "right",
                                             "low", "high", "run", "grid", "paint", "tail"}));
  EXPECT_EQ(names, types.field_names(task()));
  ASSERT_TRUE((*whole.fields)[3].type.fields);
  EXPECT_EQ((*whole.fields)[3].type.fields->at(1).name, "name");
  ASSERT_TRUE((*whole.fields)[12].type.enumerators);
  EXPECT_EQ((*whole.fields)[12].type.enumerators->at(1).name, "BLUE");
}

TEST_F(TypeDbTest, gives_prototypes) {
  FunctionType f = *types.function("open_it");
  ASSERT_EQ(f.parameters.size(), 3u);
  EXPECT_TRUE(f.variadic);
  EXPECT_EQ(f.parameters[0].name, "t");
  EXPECT_EQ(to_string(f.parameters[0].type), "struct task *");
  EXPECT_EQ(f.parameters[0].type.space, AddressSpace::Kernel);
  EXPECT_EQ(f.parameters[1].type.space, AddressSpace::User);
  EXPECT_EQ(to_string(f.result), "uint32");
  EXPECT_FALSE(types.function("nope"));
  EXPECT_FALSE(types.function("open_it", "nomodule"));
  EXPECT_EQ(types.module_of("open_it"), "vmlinux");
  EXPECT_EQ(types.module_of("nope"), "");
  EXPECT_NE(types.function_id("open_it")->btf_id, 0u);
  EXPECT_EQ(types.function_id("open_it")->module_fd, 0);
  EXPECT_EQ(types.functions("vmlinux"), std::vector<std::string>{"open_it"});
}

TEST_F(TypeDbTest, gives_raw_tracepoints_without_their_first_parameter) {
  FunctionType f = *types.raw_tracepoint("task_made");
  ASSERT_EQ(f.parameters.size(), 1u);
  EXPECT_EQ(f.parameters[0].name, "t");
}

TEST_F(TypeDbTest, finds_enum_constants) {
  EXPECT_EQ(types.enumerator("BLUE")->second, 2);
  EXPECT_EQ(types.enumerator("BLUE")->first.name, "color");
  EXPECT_EQ(types.enumerator("MINUS")->second, -1);
  EXPECT_TRUE(types.enumerator("MINUS")->first.is_signed);
  EXPECT_EQ(types.enumerator("HUGE")->second, int64_t{1} << 40);
  EXPECT_FALSE(types.enumerator("pid")) << "a field's name is no constant";
  EXPECT_EQ(types.enumerators(types.enumerator("RED")->first).size(), 2u);
}

TEST_F(TypeDbTest, offers_similar_names) {
  EXPECT_EQ(types.similar(Tag::Struct, "tsk"), (std::vector<std::string>{"inner", "task"}));
}

TEST(TypeDb, says_why_there_is_no_btf) {
  TypeDb missing("/nonexistent/btf");
  EXPECT_FALSE(missing.available());
  EXPECT_EQ(missing.why_not(), "cannot open `/nonexistent/btf`: No such file or directory");
  EXPECT_FALSE(missing.find(Tag::Struct, "task"));
  EXPECT_FALSE(missing.function("f"));
  EXPECT_TRUE(missing.modules().empty());
}

// Asks every question there is; with damaged bytes answers may be wrong but nothing may break.
void ask_everything(TypeDb& types) {
  for (const char* name :
       {"task", "inner", "pick", "color", "sign", "big", "u32", "atomic_t", "open_it", "char"}) {
    for (Tag tag : {Tag::Any, Tag::Struct, Tag::Union, Tag::Enum, Tag::Typedef}) {
      auto type = types.find(tag, name);
      if (!type) continue;
      to_string(types.expand(*type));
      for (const std::string& field : types.field_names(*type))
        types.field(*type, field, AddressSpace::Kernel);
      types.enumerators(*type);
    }
    types.function(name);
    types.similar(Tag::Struct, name);
  }
  types.enumerator("BLUE");
  types.raw_tracepoint("task_made");
  types.functions("vmlinux");
}

TEST(TypeDb, survives_damaged_bytes) {
  Kernel kernel;
  std::string whole = kernel.b.bytes();
  size_t readable = 0;
  for (size_t at = 0; at + 4 <= whole.size(); at += 4) {
    for (uint32_t value : {0u, 1u, 0xffffffffu, 27u, 0x0400ffffu, 0x02000000u}) {
      std::string damaged = whole;
      std::memcpy(damaged.data() + at, &value, 4);
      test::TempFile file(damaged);
      TypeDb types(file.path());
      if (types.available())
        readable++;
      else
        EXPECT_FALSE(types.why_not().empty());
      ask_everything(types);
    }
  }
  EXPECT_GT(readable, 100u) << "the damage must reach past the header's checks";
}

}  // namespace
}  // namespace tracer

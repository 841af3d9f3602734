// Types of values, as the language has them. The compiler gives every expression
// one; the runtime prints values by them. Plain data, cheap to copy.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

// TYPE_KIND(enumerator, name as `typeinfo` gives it)
#define TRACER_TYPE_KINDS(TYPE_KIND)                                               \
  TYPE_KIND(None, "none")   /* no value, or not known yet */                       \
  TYPE_KIND(Error, "error") /* already reported; accepted everywhere in silence */ \
  TYPE_KIND(Void, "void")                                                          \
  TYPE_KIND(Bool, "bool")                                                          \
  TYPE_KIND(Int, "int")                                                            \
  TYPE_KIND(Enum, "enum")                                                          \
  TYPE_KIND(String, "string")                                                      \
  TYPE_KIND(Buffer, "buffer")                                                      \
  TYPE_KIND(Pointer, "pointer")                                                    \
  TYPE_KIND(Array, "array")                                                        \
  TYPE_KIND(Struct, "c_type") /* unions too */                                     \
  TYPE_KIND(Tuple, "tuple")                                                        \
  TYPE_KIND(Record, "record")                                                      \
  TYPE_KIND(KernelStack, "kstack")                                                 \
  TYPE_KIND(UserStack, "ustack")                                                   \
  TYPE_KIND(KernelSymbol, "ksym_t")                                                \
  TYPE_KIND(UserSymbol, "usym_t")                                                  \
  TYPE_KIND(Inet, "inet")                                                          \
  TYPE_KIND(MacAddress, "mac_address")                                             \
  TYPE_KIND(Timestamp, "timestamp")                                                \
  TYPE_KIND(TimestampMode, "timestamp_mode")                                       \
  TYPE_KIND(CgroupPath, "cgroup_path_t")                                           \
  TYPE_KIND(Username, "username_t")                                                \
  TYPE_KIND(StackModeName, "stack_mode")                                           \
  TYPE_KIND(Count, "count_t")                                                      \
  TYPE_KIND(Sum, "sum_t")                                                          \
  TYPE_KIND(Min, "min_t")                                                          \
  TYPE_KIND(Max, "max_t")                                                          \
  TYPE_KIND(Avg, "avg_t")                                                          \
  TYPE_KIND(Stats, "stats_t")                                                      \
  TYPE_KIND(Hist, "hist_t")                                                        \
  TYPE_KIND(LinearHist, "lhist_t")                                                 \
  TYPE_KIND(TimeSeries, "tseries_t")

enum class TypeKind : uint8_t {
#define TYPE_KIND(name, text) name,
  TRACER_TYPE_KINDS(TYPE_KIND)
#undef TYPE_KIND
};

std::string_view kind_name(TypeKind kind);

// Which memory a pointer points to: decides how it is read (LANGUAGE 4.7).
enum class AddressSpace : uint8_t { Unknown, Kernel, User };

enum class StackMode : uint8_t { Bpftrace, Perf, Raw, BuildId };

enum class ClockMode : uint8_t { Boot, Monotonic, Tai, SoftwareTai };

// A struct, union or enum of the compiler's type database (btf/type_db.h).
// 0: none. Meaningless outside the compiler.
using CTypeId = uint32_t;

struct Field;
struct Enumerator;

struct Type {
  TypeKind kind = TypeKind::None;
  uint32_t size = 0;                           // bytes that a value of it takes where it is stored
  bool is_signed = false;                      // Int, Enum, Sum, Min, Max, Avg, Stats
  AddressSpace space = AddressSpace::Unknown;  // Pointer: of what it points to; Int: same, of a kaddr()
  StackMode stack_mode = StackMode::Bpftrace;  // stacks
  ClockMode clock = ClockMode::Boot;           // Timestamp; Int from nsecs()
  bool is_union = false;                       // Struct
  uint32_t count = 0;                          // Array: elements; stacks: most frames
  CTypeId c_type = 0;                          // Struct, Enum
  std::string name;                            // Struct, Enum: tag; Pointer etc.: empty
  std::shared_ptr<const Type> target;          // Pointer: pointee (null is void); Array: element
  // Tuple, Record: always. Struct: only where a whole value is printed (see TypeDb::expand).
  std::shared_ptr<const std::vector<Field>> fields;
  // Enum: only where it is printed.
  std::shared_ptr<const std::vector<Enumerator>> enumerators;

  bool is(TypeKind k) const { return kind == k; }
  bool is_integer_like() const {
    return kind == TypeKind::Int || kind == TypeKind::Bool || kind == TypeKind::Enum;
  }
  bool is_aggregate() const { return kind >= TypeKind::Count; }  // count() ... tseries()
  // count, sum, min, max, avg: can be read as one integer.
  bool is_castable_aggregate() const { return kind >= TypeKind::Count && kind <= TypeKind::Avg; }
  bool is_stack() const { return kind == TypeKind::KernelStack || kind == TypeKind::UserStack; }
};

struct Field {
  std::string name;  // empty for tuple elements
  Type type;
  uint32_t offset = 0;      // bytes from the start
  uint32_t bit_offset = 0;  // bit-fields: bits after `offset`, from the least significant
  uint32_t bit_size = 0;    // 0: no bit-field
};

struct Enumerator {
  std::string name;
  int64_t value = 0;
};

Type void_type();
Type error_type();
Type bool_type();
Type int_type(uint32_t bytes, bool is_signed);
Type string_type(uint32_t bytes_with_nul);
Type buffer_type(uint32_t capacity);  // size is capacity + 4: uint32 length, then bytes
Type pointer_type(Type target, AddressSpace space);
Type void_pointer_type(AddressSpace space);
Type array_type(Type element, uint32_t count);
// Lays the elements out as a C struct would and sets size and offsets.
Type tuple_type(std::vector<Type> elements);
Type record_type(std::vector<std::pair<std::string, Type>> elements);
// Layout of a stack value: uint64 number of frames, then `limit` addresses
// (UserStack: uint64 frames, uint32 pid, uint32 zero, then addresses; in mode build_id what stands
// for an address is the kernel's struct bpf_stack_build_id).
Type stack_type(TypeKind kind, StackMode mode, uint32_t limit);
constexpr uint32_t kBuildIdFrameSize = 32;  // sizeof(struct bpf_stack_build_id)
Type kernel_symbol_type();                  // uint64 address
Type user_symbol_type();                    // uint64 address, uint32 pid, uint32 zero
Type inet_type();                           // uint64 address family, 16 bytes of address
Type mac_type();                            // 6 bytes
Type username_type();                       // uint64 user id
Type cgroup_path_type();                    // uint64 id of the filter's string, uint64 cgroup id
Type timestamp_type(ClockMode clock);       // uint64 format string id, uint64 nanoseconds
Type aggregate_type(TypeKind kind, bool is_signed);

uint32_t alignment(const Type& type);
// Same kind, size, sign, elements; names of tags equal. Address spaces are not compared.
bool same_type(const Type& a, const Type& b);

// As messages show it: `uint32`, `string[16]`, `struct task_struct *`, `(int8,string[2])`,
// `record { .a = int8 }`, `kstack_bpftrace_127`, `count_t`, `usum_t`, `enum E`.
std::string to_string(const Type& type);

}  // namespace tracer

// C types as BTF sees them: the kernel's, its modules', and those of the script's C preamble. The
// one model of C types; everything is looked up by need, nothing is read before the first question.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/type.h"

namespace tracer {

class BtfFile;
class CDeclarations;

struct FunctionType {
  std::vector<Field> parameters;  // name and type; offsets unused
  Type result;                    // Void when none
  bool variadic = false;
};

// Names of the kernel's own for an event: a typedef of what is called at it, without names of parameters, and
// a function with the same parameters, named.
constexpr const char* kRawTracepointTypedef = "btf_trace_";
constexpr const char* kRawTracepointCaller = "__traceiter_";

class TypeDb {
 public:
  // Reads kernel BTF from `vmlinux_path` when first asked; by default
  // /sys/kernel/btf/vmlinux, or the file that TRACER_BTF / BPFTRACE_BTF names.
  explicit TypeDb(std::string vmlinux_path = {});
  ~TypeDb();
  TypeDb(const TypeDb&) = delete;
  TypeDb& operator=(const TypeDb&) = delete;

  // True when there is kernel BTF; `why_not` explains otherwise.
  bool available();
  const std::string& why_not();

  // File that the kernel's types are read from.
  const std::string& kernel_path() const;
  // The kernel's types as people read them. What was read for one question stays for the next.
  CDeclarations& declarations();
  // Blob of the kernel's own types; null when there is none.
  const BtfFile* kernel_file();
  // The types of the script's preamble, on top of kernel_file() when there is one. They are asked
  // before the kernel's from now on.
  void set_script_types(std::unique_ptr<BtfFile> file);
  // The types of a user program, found by their ids alone. `unit` 0: another program; else its blob is
  // replaced by one that continues it. Returns the program's unit; 0 when there are too many.
  uint32_t set_user_types(uint32_t unit, std::unique_ptr<BtfFile> file);
  // Pointers lead into user memory.
  Type user_type(uint32_t unit, uint32_t id);
  // Called once, when a name is asked for that nothing knows so far: may set the script's types.
  void when_unknown(std::function<void()> read_more);

  enum class Tag : uint8_t { Any, Struct, Union, Enum, Typedef };
  // `struct NAME`, `enum NAME`, or with Any a plain name: typedef, base type (`unsigned int`,
  // `u32`, `size_t`, `pid_t`) in that order. C arrays of char are String where they stand in
  // a struct (LANGUAGE 4.5). Pointees are resolved one level: a Pointer to Struct has the
  // struct's name, size and c_type.
  std::optional<Type> find(Tag tag, std::string_view name);
  // The same, the script's types left out.
  std::optional<Type> find_in_kernel(Tag tag, std::string_view name);
  std::vector<std::string> similar(Tag tag, std::string_view name);  // candidates for suggestions

  // A member of a struct or union, anonymous members walked through. Pointer fields marked
  // __user have AddressSpace::User, others that of the struct (`space`).
  std::optional<Field> field(const Type& structure, std::string_view name, AddressSpace space);
  std::vector<std::string> field_names(const Type& structure);
  // Whether a structure is one of the kernel's own, and how another kernel would be asked for it: by its tag,
  // by a typedef of that name, or not at all.
  enum class KernelName : uint8_t { NotKernel, Tag, Typedef, Unnamed };
  KernelName kernel_name(const Type& structure);
  // All fields in order of offset, nested structs expanded, enumerators filled in: what the
  // runtime needs to print a value.
  Type expand(const Type& structure);

  // Prototype of a kernel function; `module` empty: vmlinux first, then loaded modules.
  std::optional<FunctionType> function(std::string_view name, std::string_view module = {});
  // BTF id of that function and the fd of the module's BTF (0 for vmlinux), as BPF loading
  // wants them (attach_btf_id, attach_btf_obj_fd). The fd stays owned by this object.
  struct FunctionId {
    uint32_t btf_id = 0;
    int module_fd = 0;
  };
  std::optional<FunctionId> function_id(std::string_view name, std::string_view module = {});
  // Names of all functions with BTF of a module ("vmlinux" or a loaded module's name).
  std::vector<std::string> functions(std::string_view module);
  // Modules with BTF, vmlinux not among them.
  std::vector<std::string> modules();
  // Module that a function is in: "vmlinux", a module, or empty.
  std::string module_of(std::string_view function);

  // Value of an enum constant of the kernel, with its enum type.
  std::optional<std::pair<Type, int64_t>> enumerator(std::string_view name);
  std::vector<Enumerator> enumerators(const Type& enumeration);

  // A per-CPU or other global variable of the kernel that BTF describes: its type.
  std::optional<Type> variable(std::string_view name);

  // A typedef's prototype by name, as the kernel declares raw tracepoints: `btf_trace_NAME`
  // (first parameter, void *, left out).
  std::optional<FunctionType> raw_tracepoint(std::string_view event, std::string_view module = {});
  // Events that a module declares so, sorted.
  std::vector<std::string> raw_tracepoints(std::string_view module);
  // Id of the typedef, for loading.
  std::optional<FunctionId> raw_tracepoint_id(std::string_view event, std::string_view module = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracer

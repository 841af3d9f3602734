#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "probes/instructions.h"

namespace tracer {

class TypeDb;
class UserProgram;

// What the running kernel offers, each fact read when first asked for.
class KernelInfo {
 public:
  // `tracefs_root` and `kallsyms_path` other than the system's are for tests.
  explicit KernelInfo(std::string tracefs_root = {}, std::string kallsyms_path = {},
                      std::string traceable_functions_path = {});
  virtual ~KernelInfo();

  struct Function {
    std::string name;
    std::string module;  // empty: vmlinux
  };
  // Functions the kernel lists as traceable (available_filter_functions, or the list given by
  // --traceable-functions), without `.part.` ones. Sorted by name.
  virtual Result<const std::vector<Function>*> traceable_functions();
  // The function of that name in the list of traceable ones, read as far as needed and never kept;
  // in kallsyms when the list cannot be read. For probes without wildcard.
  virtual std::optional<Function> find_function(std::string_view name);
  // True when kallsyms has a function of that name, traceable or not.
  virtual bool is_kernel_function(std::string_view name);
  // True when --traceable-functions names the list: then nothing else says what can be probed.
  bool has_own_list() const { return own_list_; }
  virtual bool is_module_loaded(std::string_view module);

  virtual Result<std::vector<std::string>> tracepoint_categories();
  virtual Result<std::vector<std::string>> tracepoint_events(std::string_view category);
  // Text of the event's format file.
  virtual Result<std::string> tracepoint_format(std::string_view category, std::string_view event);
  virtual Result<uint32_t> tracepoint_id(std::string_view category, std::string_view event);

  enum class Feature { KprobeMulti, KprobeSession, Kprobes, UprobeMulti, Uprobes, Count_ };
  // Tries once (a tiny program, not the version) and remembers.
  virtual bool has(Feature feature);
  // --no-feature
  void turn_off(Feature feature);

  // How the compiler half reads instructions; null where there is none.
  void set_instruction_reader(InstructionReader reader) { instruction_reader_ = reader; }
  InstructionReader instruction_reader() const { return instruction_reader_; }

  // A program or library of user space, opened once. `begin`: where in the file it begins.
  Result<UserProgram*> user_program(const std::string& file, uint64_t begin = 0);

  // The kernel's types. The attach half looks there; the compiler should too, so that BTF is read once.
  TypeDb& types();

 protected:
  // Path of a file below tracefs; fails when that is not mounted.
  Result<std::string> tracefs_path(std::string_view below);

  std::string tracefs_root_, kallsyms_path_, traceable_functions_path_;

 private:
  bool own_list_ = false;
  bool read_to_its_end_ = false;  // the list of traceable functions, in vain
  InstructionReader instruction_reader_ = nullptr;
  std::optional<std::vector<Function>> traceable_;
  std::map<std::string, std::optional<Function>, std::less<>> found_;
  std::map<Feature, bool> features_;
  std::unique_ptr<TypeDb> types_;
  std::map<std::pair<std::string, uint64_t>, Result<std::unique_ptr<UserProgram>>> user_programs_;
};

}  // namespace tracer

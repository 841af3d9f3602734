// A program or library of user space: its file, its functions from wherever their names are kept, its debug
// information; each read when first asked for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elf/debug_info.h"
#include "elf/elf_file.h"

namespace tracer {

struct UserFunction {
  std::string name;  // as the symbol table has it
  uint64_t address = 0, size = 0;
  uint8_t rank = 0;  // as in ElfSymbol
};

class UserProgram {
 public:
  // `path`: in which the file begins at `begin`.
  static Result<std::unique_ptr<UserProgram>> open(const std::string& path, uint64_t begin = 0);

  const std::string& path() const { return path_; }
  const ElfFile& elf() const { return elf_; }

  // Functions that have code in the file, sorted by name, then by rank and address; each once.
  const std::vector<UserFunction>& functions();
  // Those of one name: usually one.
  std::vector<UserFunction> functions_named(std::string_view name);
  // The one around an address; null when none is known.
  const UserFunction* function_at(uint64_t address);
  // Variables and functions, for uaddr().
  std::optional<ElfSymbol> symbol(std::string_view name);
  std::vector<std::string> symbol_names();

  // Null when there is none; `why_no_debug_info` then says why.
  DwarfInfo* debug_info();
  const std::string& why_no_debug_info() const { return why_no_debug_info_; }

  // What the type database has of this program's types.
  struct TypesInDb {
    uint32_t unit = 0;  // 0: nothing
    size_t count = 0;
  };
  TypesInDb& types_in_db() { return types_in_db_; }

 private:
  UserProgram(std::string path, ElfFile elf) : path_(std::move(path)), elf_(std::move(elf)) {}
  void read_functions();
  const ElfFile* debug_file();
  // The program and what was taken out of it.
  std::vector<const ElfFile*> symbol_files();

  std::string path_;
  ElfFile elf_;
  bool looked_for_debug_file_ = false;
  std::optional<ElfFile> debug_file_, mini_;
  std::optional<std::vector<UserFunction>> functions_;
  std::vector<uint32_t> by_address_;  // indexes into functions_
  bool looked_for_debug_info_ = false;
  std::unique_ptr<DwarfInfo> debug_info_;
  std::string why_no_debug_info_;
  TypesInDb types_in_db_;
};

}  // namespace tracer

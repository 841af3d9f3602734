// DWARF: parameters of functions with their types and places, and source lines.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "elf/elf_file.h"

struct Dwarf;

namespace tracer {

// Where a value is while a function runs. Registers by DWARF's numbers.
struct ValuePlace {
  enum class Kind : uint8_t {
    Absent,    // not kept at this address
    Unknown,   // computed in a way that is not followed
    Register,  // in `reg`
    Memory,    // at `reg` + `displacement`
    Constant,  // `displacement`
  };
  Kind kind = Kind::Absent;
  int32_t reg = -1;
  int64_t displacement = 0;
};

// How a parameter is passed at the function's entry.
enum class Passing : uint8_t { Integer, Float, Memory, Nothing };

struct DebugParameter {
  std::string name;
  std::string text;       // as C writes it: `const char* prompt`
  uint32_t btf_type = 0;  // in types_blob(); 0: a type that BTF cannot say
  uint32_t size = 0;
  Passing passing = Passing::Integer;
  uint32_t words = 1;     // Integer: registers it takes
  bool by_value = false;  // wider than a register: a structure or array
  ValuePlace place;       // at the address that was asked for
};

struct DebugFunction {
  std::vector<DebugParameter> parameters;
  bool has_hidden_result = false;  // the first register says where the result goes
  // Called from elsewhere too: the compiler keeps to the calling convention.
  bool is_external = false;
};

struct SourceAddress {
  uint64_t address = 0;
  uint32_t line = 0, column = 0;
  std::string file;
};

struct SourceLines {
  std::vector<SourceAddress> addresses;  // the first of each unit that has the line
  bool file_known = false;
  std::vector<uint32_t> columns;             // that the line has
  uint32_t line_before = 0, line_after = 0;  // nearest lines with code; 0: none
};

class DwarfInfo {
 public:
  // `file` holds the sections .debug_*, `program` the code, at addresses larger by `difference`; both outlive
  // the result. Fails with an empty text when there is none.
  static Result<std::unique_ptr<DwarfInfo>> open(const ElfFile& file, const ElfFile& program,
                                                 uint64_t difference, const std::string& name);
  ~DwarfInfo();
  DwarfInfo(const DwarfInfo&) = delete;
  DwarfInfo& operator=(const DwarfInfo&) = delete;

  // The function that begins at `entry`, with places of its parameters at `address`. None when it is not
  // described. Types join `types_blob()`.
  std::optional<DebugFunction> function(uint64_t entry, uint64_t address);
  // BTF of all types that answers so far refer to; ids stay as they are.
  std::string types_blob() const;

  size_t types_count() const;

  // Where code of a line begins, in the source files (not in what they include) whose path ends in `source`.
  // A `column` of 0 is any.
  SourceLines find_line(std::string_view source, uint32_t line, uint32_t column);

 private:
  struct Impl;
  explicit DwarfInfo(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracer

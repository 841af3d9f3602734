// One ELF file, opened and checked: whatever its bytes are, questions have answers.
#pragma once

#include <gelf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tracer {

// A segment that is loaded into memory.
struct Segment {
  uint64_t file_offset = 0, address = 0;
  uint64_t size = 0;  // of what the file has
  bool executable = false;
};

struct ElfSymbol {
  enum class Kind : uint8_t { Function, Object };
  std::string_view name;  // without version
  uint64_t address = 0, size = 0;
  Kind kind = Kind::Function;
  uint8_t rank = 0;  // of several names for one address the lowest counts: global, weak, local
};

// The debug file that .gnu_debuglink names.
struct DebugLink {
  std::string name;
  uint32_t crc = 0;
};

// In hexadecimal digits; empty: none of the notes has it.
std::string build_id_of(std::span<const std::byte> notes);

class ElfFile {
 public:
  // `begin`: where the file begins in `path`, which may be an archive.
  static Result<ElfFile> open(const std::string& path, uint64_t begin = 0);
  static Result<ElfFile> of_descriptor(int fd, const std::string& name);
  // Borrowed or owned bytes; `name` for messages.
  static Result<ElfFile> of_memory(std::span<const std::byte> image, const std::string& name);
  static Result<ElfFile> of_bytes(std::vector<std::byte> bytes, const std::string& name);
  ElfFile(ElfFile&& other) noexcept;
  ElfFile& operator=(ElfFile&&) = delete;
  ~ElfFile();

  Elf* elf() const { return elf_; }
  bool wide() const { return wide_; }
  uint16_t machine() const { return machine_; }
  bool of_this_machine() const;
  // Loaded anywhere: position-independent programs and libraries.
  bool movable() const { return movable_; }
  uint64_t entry() const { return entry_; }  // where the program starts; 0: a library without
  const std::vector<Segment>& segments() const { return segments_; }

  // Between addresses as symbols have them and places in the file (in the archive, if it is in one).
  std::optional<uint64_t> file_offset(uint64_t address) const;
  std::optional<uint64_t> address(uint64_t file_offset) const;
  const Segment* segment_of(uint64_t address) const;
  uint64_t begin() const { return begin_; }

  // The bytes that are loaded at `address`, at most `size`; fewer where the file ends.
  std::span<const std::byte> loaded(uint64_t address, uint64_t size) const;
  // Of the section of that name, as it stands in the file; empty when there is none.
  std::span<const std::byte> section(std::string_view name) const;
  // Functions and variables of the symbol tables, as they come. Names live as long as the file.
  void each_symbol(const std::function<void(const ElfSymbol&)>& visit) const;

  // True when the file uses a symbol of that name which it does not define.
  bool imports(std::string_view name) const;

  std::string build_id() const;  // in hexadecimal digits; empty: none
  std::optional<DebugLink> debug_link() const;

 private:
  ElfFile() = default;
  static Result<ElfFile> checked(ElfFile file, const std::string& name);
  void read_segments();
  // All named entries of the symbol tables.
  void each_entry(const std::function<void(const GElf_Sym&, const char* name)>& visit) const;
  bool map(int fd, uint64_t begin);

  Elf* elf_ = nullptr;
  std::vector<std::byte> bytes_;
  void* mapped_ = nullptr;
  size_t mapped_size_ = 0;
  const std::byte* image_ = nullptr;
  size_t size_ = 0;
  uint64_t begin_ = 0;
  bool wide_ = true;
  bool movable_ = false;
  uint16_t machine_ = 0;
  uint64_t entry_ = 0;
  std::vector<Segment> segments_;
};

}  // namespace tracer

// Files whose code processes run: opened while they can be found, their names read when first asked for, and
// both given up again when there are too many.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.h"
#include "elf/elf_symbols.h"
#include "elf/source_frames.h"
#include "runtime/process_records.h"

namespace tracer {

// What a file says of its code.
struct CodeTables {
  ElfSymbols symbols;
  bool looked_for_sources = false;
  std::unique_ptr<SourceFrames> sources;  // null: none
  // By address in the file: what was asked for before.
  std::unordered_map<uint64_t, std::vector<SourceFrame>> frames;
};

struct CodeFile {
  FileIdentity identity;
  std::string path;  // as its process sees it
  UniqueFd fd;
  bool missing = false;  // it was looked for in vain
  std::weak_ptr<CodeTables> tables;
};

// Where a file may be found: folders that are the root of a process, or `/proc/PID/map_files/...` as a whole.
struct FilePlaces {
  std::string mapped;              // what is mapped, whatever its name is; empty: not known
  std::vector<std::string> roots;  // tried in this order
  uint64_t mapped_at = 0;          // nanoseconds of the real-time clock; 0: not known
};

class CodeFiles {
 public:
  struct Limits {
    size_t descriptors = 512;
    size_t table_bytes = size_t{256} << 20;
    size_t sources = 16;  // files with debug information open
  };
  explicit CodeFiles(Limits limits) : limits_(limits) {}
  CodeFiles() : CodeFiles(Limits{}) {}

  void set_limits(Limits limits) { limits_ = limits; }
  // The one object for a file.
  std::shared_ptr<CodeFile> file(const FileIdentity& identity, std::string_view path);
  // Opens it unless it is open; false when it is not there any more.
  bool open(const std::shared_ptr<CodeFile>& file, const FilePlaces& places);
  // Of an open file; valid until the next call. Null when it is not open.
  CodeTables* tables(CodeFile& file);
  // What the file's debug information says of a place in it; empty without.
  const std::vector<SourceFrame>& source_frames(CodeFile& file, uint64_t file_offset);

  // For tests: what is kept now.
  size_t open_descriptors() const { return opened_.size(); }
  size_t kept_tables() const { return tables_.size(); }
  size_t kept_sources() const;

 private:
  struct Kept {
    std::shared_ptr<CodeTables> tables;
    std::string build_id;
    size_t bytes = 0;
  };
  void forget_unused();
  void keep_few();

  Limits limits_;
  std::map<std::pair<FileIdentity, std::string>, std::weak_ptr<CodeFile>> files_;
  size_t next_cleanup_ = 1024;                 // when files_ has that many
  std::list<std::weak_ptr<CodeFile>> opened_;  // the oldest first
  std::list<Kept> tables_;                     // what was used last comes first
};

}  // namespace tracer

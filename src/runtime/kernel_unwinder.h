// Tables for dw_ustack(): which code processes have mapped, and how to unwind it (plan/unwind.h). For the
// processes that the user names, and those that they make.
#pragma once

#include <sys/types.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "elf/elf_file.h"
#include "elf/process_maps.h"
#include "plan/unwind.h"
#include "runtime/code_files.h"
#include "runtime/process_records.h"

struct bpf_object;

namespace tracer {

class KernelUnwinder {
 public:
  // `program`: what one of the processes is going to execute; empty: nothing that is known.
  KernelUnwinder(std::vector<pid_t> processes, const std::string& program);

  // Before the object is loaded: makes the tables of what is known, and room for them.
  void prepare(bpf_object* object);
  // After that: hands the tables over.
  Result<void> open(bpf_object* object);

  // Takes notice; what changed is handed over by update().
  void notice(const ProcessRecord& record);
  Result<void> update();
  // Of this process too, whether it has changed or not.
  Result<void> update(pid_t process);

  // Sentences for the user, once each: files whose tables found no room.
  std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

 private:
  // A segment with code: where it stands in the file, and at what address of its own.
  struct Part {
    uint64_t offset, size, address;
  };
  struct Table {
    std::vector<UnwindRow> rows;  // until they are handed over
    std::vector<Part> parts;
    uint32_t first = 0, count = 0;
    bool written = false;
  };

  static Table read_table(const ElfFile& file);
  Table* table_of(pid_t pid, const Mapping& mapping);
  Result<bool> write(Table& table, const std::string& path);
  Result<std::vector<UnwindMapping>> mappings_of(pid_t pid);
  Result<void> hand_over(pid_t pid, const std::vector<UnwindMapping>& mappings);

  std::set<pid_t> processes_, changed_;
  CodeFiles files_;
  std::map<std::string, Table> tables_;  // by build id, or by device and inode
  uint32_t next_row_ = 0, most_rows_ = 0, next_mapping_ = 0;
  int rows_fd_ = -1, mappings_fd_ = -1, processes_fd_ = -1;
  std::vector<std::string> warnings_;
};

}  // namespace tracer

// What the kernel tells of processes while they live: that they fork, execute, map code and end. By perf
// events that count nothing, one on every CPU.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "probes/online_cpus.h"
#include "runtime/session.h"

namespace tracer {

// Which file something is, whatever its name is now.
struct FileIdentity {
  std::string build_id;  // its bytes; empty: not known
  uint64_t device = 0, inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

struct ProcessRecord {
  enum class Kind : uint8_t { Fork, Execute, Map, End };
  Kind kind = Kind::Map;
  uint64_t time = 0;                         // nanoseconds, monotonic clock
  pid_t process = 0, parent = 0;             // Fork: the new one and who made it
  uint64_t start = 0, size = 0, offset = 0;  // Map: memory that can be executed; of its start in the file
  FileIdentity file;                         // Map
  std::string path;                          // Map
};

uint64_t monotonic_now();

// Of the bytes of one perf record; none for kinds that tell nothing of processes as a whole.
std::optional<ProcessRecord> parse_process_record(Bytes record);

class ProcessRecords {
 public:
  ProcessRecords() = default;
  ~ProcessRecords();
  ProcessRecords(const ProcessRecords&) = delete;
  ProcessRecords& operator=(const ProcessRecords&) = delete;

  // Fails when the kernel does not allow it.
  Result<void> open();
  bool is_open() const { return !rings_.empty(); }
  // Readable when there is something to read.
  int fd() const { return poll_.get(); }
  // All that was written before the call, in the order in which it happened. True when records were lost.
  bool read(const std::function<void(const ProcessRecord&)>& visit);

 private:
  struct Ring {
    UniqueFd fd;
    void* memory = nullptr;
  };
  Result<void> open_on(int cpu);
  void close_ring(std::map<int, Ring>::iterator ring);
  void follow_cpus(uint64_t now);
  void take(const Ring& ring, bool& lost);

  UniqueFd poll_;
  std::map<int, Ring> rings_;  // by CPU
  CpuWatch cpus_;
  uint64_t next_look_ = 0;
  std::vector<ProcessRecord> waiting_;  // newer than the last read() began
  std::vector<std::byte> copy_;
};

}  // namespace tracer

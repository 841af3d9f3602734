// What processes have mapped, also what they had mapped before: each program that a process has executed
// leaves an image. Kept in bounds; processes that have ended go first, those that nobody asked about before
// others.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "elf/process_maps.h"
#include "runtime/code_files.h"
#include "runtime/process_records.h"

namespace tracer {

// Memory that can be executed.
struct CodeRange {
  enum class Kind : uint8_t { File, KernelPage, Own };  // KernelPage: [vdso]; Own: made by the process itself
  uint64_t start = 0, end = 0;
  uint64_t offset = 0;             // of `start` in the file
  std::shared_ptr<CodeFile> file;  // Kind::File
  Kind kind = Kind::Own;
};

struct Image {
  uint64_t since = 0;             // monotonic clock: records from before tell nothing of it
  uint64_t read_at = 0;           // when /proc was read; 0: never
  std::vector<CodeRange> ranges;  // by start, none in another

  void add(CodeRange range);
  const CodeRange* find(uint64_t address) const;
};

struct Process {
  std::vector<std::shared_ptr<Image>> images;  // the newest last
  pid_t parent = 0;
  std::shared_ptr<UniqueFd> root;  // its root folder, when it is not ours
  std::string inner_id;            // its number in its own PID namespace; empty: not known
  bool asked = false;              // an address of it was recorded
  bool ended = false;
};

class ProcessImages {
 public:
  struct Limits {
    size_t ended = 1024;        // processes that have ended and nobody asked about
    size_t ended_asked = 8192;  // others that have ended
    size_t images = 4;          // of one process
    size_t ranges = 16384;      // of one image
  };
  ProcessImages(std::string proc, CodeFiles& files, Limits limits)
      : proc_(std::move(proc)), files_(files), limits_(limits) {}

  void apply(const ProcessRecord& record);
  // Reads what a process has mapped now; false when it is not there.
  bool read(pid_t pid);
  // Null: nothing is known.
  Process* find(pid_t pid);
  void ask(pid_t pid);
  // For what was not seen to end because nothing tells of it.
  void look_for_ended();
  size_t size() const { return processes_.size(); }
  // Told of each range that is added to a process somebody asked about.
  std::function<void(pid_t, const CodeRange&)> on_range;

 private:
  void add_image(Process& process, std::shared_ptr<Image> image);
  void execute(const ProcessRecord& record);
  void fork(const ProcessRecord& record);
  void map(const ProcessRecord& record);
  void end(pid_t pid);
  void keep_few(std::deque<pid_t>& ended, size_t most, bool asked);
  CodeRange range_of(const FileIdentity& file, std::string_view path) const;

  std::string proc_;
  CodeFiles& files_;
  Limits limits_;
  std::unordered_map<pid_t, Process> processes_;
  std::deque<pid_t> ended_, ended_asked_;  // the first to end comes first
  size_t next_look_ = 4096;                // when there are that many processes
};

}  // namespace tracer

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/output.h"

namespace tracer {

// Where output goes, with a buffer of its own. When buffered by line, whole batches of events are
// written at once and flush() sends them off: what the reader sees is the same, for fewer calls.
class Sink {
 public:
  // Does not own `fd`.
  Sink(int fd, Buffering buffering) : fd_(fd), buffering_(buffering) {}
  // Keeps what is written in `memory`, which is borrowed.
  explicit Sink(std::string& memory) : fd_(-1), memory_(&memory), buffering_(Buffering::None) {}
  // Truncates or makes the file.
  static Result<Sink> open(const std::string& path, Buffering buffering);
  Sink(Sink&&) = default;
  ~Sink();

  void write(std::string_view bytes);
  void flush();           // keeps what full buffering may keep
  Result<void> finish();  // writes everything; reports a failure that happened at any time
  // Nothing more can be written: the reader of a pipe ended, or the device failed.
  bool closed() const { return error_ != 0; }
  bool in_memory() const { return memory_ != nullptr; }

 private:
  void drain();

  int fd_;
  std::string* memory_ = nullptr;
  UniqueFd owned_;
  Buffering buffering_;
  std::string name_ = "standard output";
  std::string buffer_;
  int error_ = 0;
};

}  // namespace tracer

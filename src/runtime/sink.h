#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/output.h"

namespace tracer {

// Waits until a descriptor can be written to; false: nobody wants to wait any longer.
using WaitToWrite = std::function<bool(int fd)>;

// Writes everything; the error number when that fails, ECANCELED when `wait` gave up. With `wait`, which may
// be empty, a reader who does not read holds nothing up but in there.
int write_all(int fd, std::string_view bytes, const WaitToWrite& wait);

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

  // How to wait for a slow reader; without it write() itself waits.
  void wait_with(WaitToWrite wait) { wait_ = std::move(wait); }

  void write(std::string_view bytes);
  // The same for what `add` appends to the string that it is given, without a copy.
  template <typename Add>
  void append(const Add& add) {
    add(buffer_);
    appended();
  }
  void flush();                                          // keeps what full buffering may keep
  bool full() const { return buffer_.size() >= kFull; }  // nothing keeps more than that for long
  Result<void> finish();  // writes everything; reports a failure that happened at any time
  // Nothing more can be written: the reader of a pipe ended, or the device failed.
  bool closed() const { return error_ != 0; }
  bool in_memory() const { return memory_ != nullptr; }
  const WaitToWrite& wait() const { return wait_; }

 private:
  static constexpr size_t kFull = 64 * 1024;

  void appended();
  void drain();

  int fd_;
  std::string* memory_ = nullptr;
  UniqueFd owned_;
  Buffering buffering_;
  std::string name_ = "standard output";
  std::string buffer_;
  WaitToWrite wait_;
  int error_ = 0;
};

}  // namespace tracer

#pragma once

#include <string>

namespace tracer {

// Keeps what libbpf says while it lives, so that errors can be explained; libbpf knows one listener per
// process, so only one of these should live at a time.
class LibbpfLog {
 public:
  // `show`: to stderr too, with its debug messages.
  explicit LibbpfLog(bool show);
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;

  const std::string& text() const;
  void clear();
};

}  // namespace tracer

#include "runtime/sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tracer {

namespace {

constexpr size_t kFull = 64 * 1024;

}  // namespace

Result<Sink> Sink::open(const std::string& path, Buffering buffering) {
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) {
    return fail(fmt::format("failed to open file '{}': {}", path, std::strerror(errno)));
  }
  Sink sink(file.get(), buffering);
  sink.owned_ = std::move(file);
  sink.name_ = path;
  return sink;
}

Sink::~Sink() { drain(); }

void Sink::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffering_ == Buffering::None || buffer_.size() >= kFull) drain();
}

void Sink::flush() {
  if (buffering_ != Buffering::Full) drain();
}

Result<void> Sink::finish() {
  drain();
  if (error_ == 0 || error_ == EPIPE) return {};
  return fail(fmt::format("failed to write to {}: {}", name_, std::strerror(error_)));
}

void Sink::drain() {
  if (memory_) {
    *memory_ += buffer_;
    buffer_.clear();
    return;
  }
  size_t done = 0;
  while (error_ == 0 && done < buffer_.size()) {
    ssize_t written = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno == EAGAIN) {
      // Somebody else made the terminal or pipe non-blocking.
      pollfd ready{fd_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  buffer_.clear();
}

}  // namespace tracer

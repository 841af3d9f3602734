#include "runtime/sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tracer {

namespace {

bool is_regular(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

int write_all(int fd, std::string_view bytes, const WaitToWrite& wait) {
  const bool waits = wait && !is_regular(fd);
  while (!bytes.empty()) {
    if (waits && !wait(fd)) return ECANCELED;
    // So much a pipe that is said to be writable takes without waiting.
    const size_t part = waits ? std::min<size_t>(bytes.size(), PIPE_BUF) : bytes.size();
    const ssize_t written = ::write(fd, bytes.data(), part);
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody else made the terminal or pipe non-blocking.
      pollfd ready{fd, POLLOUT, 0};
      if (!waits) ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

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
  appended();
}

void Sink::appended() {
  // Whoever handles many records calls flush() between two of them; a single one may write a whole map.
  constexpr size_t kMost = 4 * kFull;
  if (buffering_ == Buffering::None || buffer_.size() >= kMost) drain();
}

void Sink::flush() {
  if (buffering_ != Buffering::Full || full()) drain();
}

Result<void> Sink::finish() {
  drain();
  if (error_ == 0 || error_ == EPIPE || error_ == ECANCELED) return {};
  return fail(fmt::format("failed to write to {}: {}", name_, std::strerror(error_)));
}

void Sink::drain() {
  if (memory_) {
    *memory_ += buffer_;
    buffer_.clear();
    return;
  }
  if (error_ == 0) error_ = write_all(fd_, buffer_, wait_);
  buffer_.clear();
}

}  // namespace tracer

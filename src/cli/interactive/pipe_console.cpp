#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cli/interactive/console.h"

namespace tracer {
namespace {

class PipeConsole final : public Console {
 public:
  Got read_line(bool, const std::function<Waited(int fd)>& wait, std::string& line) override {
    for (;;) {
      const size_t newline = buffer_.find('\n');
      if (newline != std::string::npos) {
        line = buffer_.substr(0, newline);
        buffer_.erase(0, newline + 1);
        return Got::Line;
      }
      if (ended_) {
        line = std::exchange(buffer_, "");
        return line.empty() ? Got::End : Got::Line;
      }
      const Waited waited = wait(STDIN_FILENO);
      if (waited == Waited::Signal) continue;
      // Whoever pipes commands in and interrupts means the whole.
      if (waited != Waited::Ready) return Got::End;
      char bytes[4096];
      const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
      if (count > 0) buffer_.append(bytes, static_cast<size_t>(count));
      if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) ended_ = true;
    }
  }

  void show(std::string_view text) override {
    fwrite(text.data(), 1, text.size(), stdout);
    fflush(stdout);
  }
  void complain(std::string_view text) override { fwrite(text.data(), 1, text.size(), stderr); }
  bool is_terminal() const override { return false; }

 private:
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Console> make_pipe_console() { return std::make_unique<PipeConsole>(); }

}  // namespace tracer

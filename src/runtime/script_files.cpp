#include "runtime/script_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tracer {

ScriptFiles::File ScriptFiles::open_file(const std::string& path, Output& output) {
  constexpr mode_t kOwnerOnly = 0600;
  File file;
  file.fd.reset(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerOnly));
  file.failed = !file.fd;
  if (file.failed) output.error(fmt::format("failed to open file '{}' ({})", path, std::strerror(errno)));
  return file;
}

void ScriptFiles::append(const std::string& path, std::string_view text, Output& output) {
  auto found = files_.find(path);
  if (found == files_.end()) found = files_.emplace(path, open_file(path, output)).first;
  File& file = found->second;
  while (!file.failed && !text.empty()) {
    const ssize_t written = write(file.fd.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      file.failed = true;
      output.error(fmt::format("failed to write to file '{}' ({})", path, std::strerror(errno)));
      return;
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace tracer

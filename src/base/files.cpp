#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.h"
#include "base/unique_fd.h"

namespace tracer {

Result<std::string> read_file(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(fmt::format("failed to open file '{}': {}", path, strerror(errno)));
  std::string text;
  struct stat info;
  if (fstat(fd.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0)
    text.reserve(static_cast<size_t>(info.st_size));
  constexpr size_t kStep = 256 * 1024;
  for (;;) {
    size_t have = text.size();
    text.resize(have + kStep);
    ssize_t got = read(fd.get(), text.data() + have, kStep);
    text.resize(have + static_cast<size_t>(got > 0 ? got : 0));
    if (got == 0) return text;
    if (got < 0 && errno != EINTR)
      return fail(fmt::format("failed to read file '{}': {}", path, strerror(errno)));
  }
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) return fail(fmt::format("failed to open file '{}': {}", path, strerror(errno)));
  while (!bytes.empty()) {
    ssize_t done = write(fd.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail(fmt::format("failed to write file '{}': {}", path, strerror(errno)));
    bytes.remove_prefix(static_cast<size_t>(done));
  }
  return {};
}

std::string find_in_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return eaccess(name.c_str(), X_OK) == 0 ? name : std::string();
  const char* path = getenv("PATH");
  for (std::string_view folder : split(path ? path : "/usr/bin:/bin", ':')) {
    std::string candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
    struct stat info;
    if (eaccess(candidate.c_str(), X_OK) == 0 && stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode))
      return candidate;
  }
  return {};
}

std::string tracefs() {
  for (const char* root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"})
    if (eaccess((std::string(root) + "/events").c_str(), F_OK) == 0) return root;
  return {};
}

}  // namespace tracer

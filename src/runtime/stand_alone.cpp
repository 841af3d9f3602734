#include "runtime/stand_alone.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace tracer {
namespace {

// The last bytes of the file.
struct Trailer {
  char magic[8];
  uint64_t size;
  uint64_t check;
};
constexpr char kMagic[9] = "tracer\n1";

// FNV-1a: against accidents, not against intent.
uint64_t check_of(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

bool read_at(int fd, void* to, size_t size, uint64_t offset) {
  auto* bytes = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = pread(fd, bytes, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return true;
}

std::unexpected<Error> incomplete(const char* why) {
  return fail(fmt::format("this program holds no whole script: {}", why),
              "build it again with `tracer --aot NAME SCRIPT`; `strip` takes the script away");
}

}  // namespace

std::string stand_alone_program(std::string_view runtime, std::string_view artifact) {
  Trailer trailer{{}, artifact.size(), check_of(artifact)};
  std::memcpy(trailer.magic, kMagic, sizeof trailer.magic);
  std::string program(runtime);
  program += artifact;
  program.append(reinterpret_cast<const char*>(&trailer), sizeof trailer);
  return program;
}

Result<std::string> artifact_behind(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd || fstat(fd.get(), &info) != 0)
    return fail(fmt::format("failed to open file '{}': {}", path, std::strerror(errno)));
  const auto size = static_cast<uint64_t>(info.st_size);
  Trailer trailer{};
  if (size < sizeof trailer || !read_at(fd.get(), &trailer, sizeof trailer, size - sizeof trailer))
    return incomplete("it is too short");
  if (std::memcmp(trailer.magic, kMagic, sizeof trailer.magic) != 0) return incomplete("its end is missing");
  if (trailer.size > size - sizeof trailer) return incomplete("its beginning is missing");
  std::string artifact(trailer.size, '\0');
  if (!read_at(fd.get(), artifact.data(), artifact.size(), size - sizeof trailer - trailer.size))
    return incomplete("it cannot be read");
  if (check_of(artifact) != trailer.check) return incomplete("it was changed");
  return artifact;
}

}  // namespace tracer

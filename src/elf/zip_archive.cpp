#include "elf/zip_archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/unique_fd.h"

namespace tracer {

namespace {

constexpr uint32_t kEndOfDirectory = 0x06054b50;
constexpr uint32_t kDirectoryEntry = 0x02014b50;
constexpr uint32_t kLocalHeader = 0x04034b50;
constexpr size_t kEndSize = 22, kEntrySize = 46, kLocalSize = 30;
constexpr size_t kLongestComment = 65535;

template <typename T>
T number_at(const std::vector<char>& bytes, size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::vector<char> read_at(int fd, uint64_t offset, size_t size) {
  std::vector<char> bytes(size);
  const ssize_t got = pread(fd, bytes.data(), size, static_cast<off_t>(offset));
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

std::vector<char> read_directory(int fd, uint64_t file_size) {
  const size_t size = std::min<uint64_t>(file_size, kEndSize + kLongestComment);
  const std::vector<char> tail = read_at(fd, file_size - size, size);
  for (size_t at = tail.size() < kEndSize ? 0 : tail.size() - kEndSize + 1; at-- > 0;) {
    if (number_at<uint32_t>(tail, at) != kEndOfDirectory) continue;
    const uint64_t length = number_at<uint32_t>(tail, at + 12), offset = number_at<uint32_t>(tail, at + 16);
    return offset + length <= file_size ? read_at(fd, offset, length) : std::vector<char>();
  }
  return {};
}

// The local header repeats the name, and may have other extra bytes than the directory.
std::optional<uint64_t> data_of(int fd, uint64_t local) {
  const std::vector<char> header = read_at(fd, local, kLocalSize);
  if (header.size() < kLocalSize || number_at<uint32_t>(header, 0) != kLocalHeader) return {};
  return local + kLocalSize + number_at<uint16_t>(header, 26) + number_at<uint16_t>(header, 28);
}

}  // namespace

std::optional<uint64_t> stored_entry(const std::string& archive, std::string_view entry) {
  const UniqueFd fd(open(archive.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!fd || fstat(fd.get(), &status) != 0 || status.st_size <= 0) return {};
  const std::vector<char> directory = read_directory(fd.get(), static_cast<uint64_t>(status.st_size));
  for (size_t at = 0; at + kEntrySize <= directory.size();) {
    if (number_at<uint32_t>(directory, at) != kDirectoryEntry) return {};
    const size_t name = number_at<uint16_t>(directory, at + 28);
    const size_t next = at + kEntrySize + name + number_at<uint16_t>(directory, at + 30) +
                        number_at<uint16_t>(directory, at + 32);
    if (next > directory.size()) return {};
    const bool stored = number_at<uint16_t>(directory, at + 10) == 0;
    if (std::string_view(directory.data() + at + kEntrySize, name) == entry)
      return stored ? data_of(fd.get(), number_at<uint32_t>(directory, at + 42)) : std::nullopt;
    at = next;
  }
  return {};
}

}  // namespace tracer

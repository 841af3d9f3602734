#include "runtime/packet_files.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "runtime/bytes.h"
#include "runtime/time_format.h"

namespace tracer {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr size_t kTime = 8, kLength = 16, kSkip = 20;  // in the record

struct FileHeader {
  uint32_t magic = 0xa1b23c4d;  // times are in nanoseconds
  uint16_t major = 2, minor = 4;
  int32_t zone = 0;
  uint32_t accuracy = 0;
  uint32_t longest = 65535;
  uint32_t link = 101;  // raw IP
};

struct PacketHeader {
  uint32_t seconds, nanoseconds;
  uint32_t captured, length;
};

std::string failure(const std::string& path) {
  return fmt::format("failed to write packets to '{}' ({})", path, std::strerror(errno));
}

}  // namespace

PacketFiles::File PacketFiles::open(const std::string& path, Output& output) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  File file(fd < 0 ? nullptr : fdopen(fd, "w"));
  const FileHeader header;
  if (file && std::fwrite(&header, sizeof header, 1, file.get()) == 1) return file;
  output.error(failure(path));
  return nullptr;
}

void PacketFiles::append(const std::string& path, Bytes record, Output& output) {
  auto [entry, is_new] = files_.try_emplace(path);
  if (is_new) entry->second = open(path, output);
  FILE* file = entry->second.get();
  if (!file) return;
  const uint64_t length = load_unsigned(record, kLength, 4), skip = load_unsigned(record, kSkip, 4);
  const Bytes there = slice(record, kPacketHeaderSize, length);
  const Bytes packet = slice(there, skip, there.size());
  if (packet.empty()) return;
  static const int64_t kBootTime = boot_time_ns();
  const uint64_t time = load_unsigned(record, kTime, 8) + static_cast<uint64_t>(kBootTime);
  const auto size = static_cast<uint32_t>(packet.size());
  const PacketHeader header{static_cast<uint32_t>(time / kSecond), static_cast<uint32_t>(time % kSecond),
                            size, size};
  const bool written = std::fwrite(&header, sizeof header, 1, file) == 1 &&
                       std::fwrite(packet.data(), packet.size(), 1, file) == 1 && std::fflush(file) == 0;
  if (written) return;
  output.error(failure(path));
  entry->second = nullptr;
}

}  // namespace tracer

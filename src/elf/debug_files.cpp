#include "elf/debug_files.h"

#include <fmt/format.h>
#include <lzma.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/files.h"
#include "base/text.h"

namespace tracer {

namespace {

// More than any program's symbols take; a few bytes can claim to become anything.
constexpr size_t kMostUnpacked = size_t{512} << 20;
constexpr const char* kDefaultFolders = ".debug:/usr/lib/debug";

std::string& folders() {
  static std::string text = kDefaultFolders;
  return text;
}

std::optional<ElfFile> open_if_there(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  auto file = ElfFile::open(path);
  return file ? std::optional<ElfFile>(std::move(*file)) : std::nullopt;
}

std::optional<ElfFile> by_build_id(const std::string& id, std::string_view folder) {
  if (id.size() < 4) return {};
  const std::string path =
      fmt::format("{}/.build-id/{}/{}.debug", folder, id.substr(0, 2), std::string_view(id).substr(2));
  auto file = open_if_there(path);
  return file && file->build_id() == id ? std::move(file) : std::nullopt;
}

bool has_checksum(const std::string& path, uint32_t expected) {
  auto bytes = read_file(path);
  if (!bytes) return false;
  const auto* data = reinterpret_cast<const Bytef*>(bytes->data());
  return crc32_z(0, data, bytes->size()) == expected;
}

// Beside the program, in its folder's debug folder, or in the same place below a folder for all.
std::optional<ElfFile> by_link(const ElfFile& program, const DebugLink& link, const std::string& path,
                               std::string_view folder) {
  const std::string home = path.substr(0, path.rfind('/') + 1);
  const std::string place = folder.empty()            ? home
                            : folder.starts_with('/') ? fmt::format("{}{}", folder, home)
                                                      : fmt::format("{}{}/", home, folder);
  const std::string name = place + link.name;
  if (name == path) return {};
  auto file = open_if_there(name);
  if (!file) return {};
  const std::string id = program.build_id();
  const bool belongs =
      !id.empty() && !file->build_id().empty() ? id == file->build_id() : has_checksum(name, link.crc);
  return belongs ? std::move(file) : std::nullopt;
}

std::optional<std::vector<std::byte>> unpack(std::span<const std::byte> packed) {
  for (size_t room = packed.size() * 8 + 4096; room <= kMostUnpacked; room *= 2) {
    std::vector<std::byte> bytes(room);
    uint64_t limit = kMostUnpacked;
    size_t read = 0, written = 0;
    const lzma_ret result = lzma_stream_buffer_decode(
        &limit, 0, nullptr, reinterpret_cast<const uint8_t*>(packed.data()), &read, packed.size(),
        reinterpret_cast<uint8_t*>(bytes.data()), &written, bytes.size());
    if (result == LZMA_BUF_ERROR && written == bytes.size()) continue;
    if (result != LZMA_OK) return {};
    bytes.resize(written);
    return bytes;
  }
  return {};
}

}  // namespace

void set_debug_folders(std::string text) { folders() = std::move(text); }

std::optional<ElfFile> separate_debug_file(const ElfFile& program, const std::string& path) {
  const std::string id = program.build_id();
  const auto link = program.debug_link();
  for (std::string_view folder : split(folders(), ':')) {
    const bool checksum_only = folder.starts_with('+');
    if (checksum_only) folder.remove_prefix(1);
    if (!checksum_only && folder.starts_with('/'))
      if (auto found = by_build_id(id, folder)) return found;
    if (!link) continue;
    if (auto found = by_link(program, *link, path, folder)) return found;
  }
  return link ? by_link(program, *link, path, "") : std::nullopt;
}

std::optional<ElfFile> mini_debug_info(const ElfFile& program, const std::string& path) {
  const std::span<const std::byte> packed = program.section(".gnu_debugdata");
  if (packed.empty()) return {};
  auto bytes = unpack(packed);
  if (!bytes) return {};
  auto file = ElfFile::of_bytes(std::move(*bytes), path);
  return file ? std::optional<ElfFile>(std::move(*file)) : std::nullopt;
}

uint64_t address_difference(const ElfFile& program, const ElfFile& debug) {
  if (program.segments().empty() || debug.segments().empty()) return 0;
  return program.segments().front().address - debug.segments().front().address;
}

}  // namespace tracer

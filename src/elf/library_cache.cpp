#include "elf/library_cache.h"

#include <cstdint>
#include <cstring>

namespace tracer {

namespace {

constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
constexpr size_t kHeaderSize = 48;

// As sysdeps/generic/dl-cache.h of the C library has it.
struct Entry {
  int32_t flags;
  uint32_t name, path;  // from the header's start
  uint32_t os_version;
  uint64_t hardware;
};

#if defined(__x86_64__)
constexpr int32_t kFlags = 0x0303;
#elif defined(__aarch64__)
constexpr int32_t kFlags = 0x0a03;
#else
#error "This architecture has no flags of the dynamic linker's cache."
#endif

std::string text_at(std::string_view bytes, uint32_t offset) {
  if (offset >= bytes.size()) return {};
  const std::string_view rest = bytes.substr(offset);
  const size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string() : std::string(rest.substr(0, end));
}

}  // namespace

std::vector<Library> parse_library_cache(std::string_view bytes) {
  // Older files begin with the list in an older form.
  const size_t begin = bytes.find(kMagic);
  if (begin == std::string_view::npos || bytes.size() - begin < kHeaderSize) return {};
  bytes.remove_prefix(begin);
  uint32_t count = 0;
  std::memcpy(&count, bytes.data() + kMagic.size(), sizeof count);
  std::vector<Library> libraries;
  for (size_t i = 0; i < count && kHeaderSize + (i + 1) * sizeof(Entry) <= bytes.size(); ++i) {
    Entry entry;
    std::memcpy(&entry, bytes.data() + kHeaderSize + i * sizeof entry, sizeof entry);
    if ((entry.flags & 0xffff) != kFlags) continue;
    Library library{text_at(bytes, entry.name), text_at(bytes, entry.path)};
    if (!library.name.empty() && library.path.starts_with('/')) libraries.push_back(std::move(library));
  }
  return libraries;
}

bool is_library_name(std::string_view name, std::string_view library) {
  if (!library.starts_with(name)) return false;
  const std::string_view rest = library.substr(name.size());
  if (name.ends_with(".so")) return rest.empty() || rest.starts_with('.');
  return rest.empty() || rest.starts_with(".so");
}

}  // namespace tracer

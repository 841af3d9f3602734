#include "elf/usdt_notes.h"

#include <gelf.h>
#include <libelf.h>

#include <cstring>
#include <optional>

namespace tracer {
namespace {

constexpr std::string_view kSection = ".note.stapsdt";
constexpr std::string_view kBaseSection = ".stapsdt.base";
constexpr std::string_view kOwner = "stapsdt";
constexpr uint32_t kType = 3;

std::unexpected<Error> damaged() {
  return fail("its static probes are damaged: the section .note.stapsdt ends in the middle of a note");
}

// Takes values off the front of bytes; remembers when there were too few.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }
  bool empty() const { return rest_.empty(); }

  uint32_t word() { return static_cast<uint32_t>(number(4)); }

  uint64_t number(size_t size) {
    std::span<const std::byte> bytes = take(size);
    uint64_t value = 0;
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), size);
    return value;
  }

  // Up to a NUL, which is taken as well.
  std::string text() {
    size_t length = 0;
    while (length < rest_.size() && rest_[length] != std::byte{0}) length++;
    if (length == rest_.size()) failed_ = true;
    std::string result(reinterpret_cast<const char*>(rest_.data()), length);
    take(failed_ ? length : length + 1);
    return result;
  }

  std::span<const std::byte> take(size_t size) {
    if (failed_ || size > rest_.size()) {
      failed_ = true;
      return {};
    }
    std::span<const std::byte> front = rest_.first(size);
    rest_ = rest_.subspan(size);
    return front;
  }

  // Notes begin at multiples of 4; behind the last one nothing need stand.
  std::span<const std::byte> take_padded(size_t size) {
    std::span<const std::byte> front = take(size);
    take(std::min((4 - size % 4) % 4, rest_.size()));
    return front;
  }

 private:
  std::span<const std::byte> rest_;
  bool failed_ = false;
};

std::optional<uint64_t> section_address(const ElfFile& elf, std::string_view name) {
  size_t names = 0;
  if (elf_getshdrstrndx(elf.elf(), &names) != 0) return {};
  for (Elf_Scn* section = elf_nextscn(elf.elf(), nullptr); section;
       section = elf_nextscn(elf.elf(), section)) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) continue;
    const char* found = elf_strptr(elf.elf(), names, header.sh_name);
    if (found && name == found) return header.sh_addr;
  }
  return {};
}

// Whether a writable segment below that of `address` shows its place in the file too: segments are mapped
// by whole pages.
bool is_shown_before(const ElfFile& elf, uint64_t address, uint64_t file_offset) {
  constexpr uint64_t kPage = 4096;
  size_t count = 0;
  if (elf_getphdrnum(elf.elf(), &count) != 0) return false;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (!gelf_getphdr(elf.elf(), static_cast<int>(i), &segment)) continue;
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_W) || segment.p_filesz == 0) continue;
    const uint64_t begin = segment.p_offset / kPage * kPage;
    const uint64_t end = segment.p_offset + segment.p_filesz;
    const bool own = address - segment.p_vaddr < segment.p_memsz;
    if (!own && segment.p_vaddr < address && file_offset >= begin && file_offset / kPage <= (end - 1) / kPage)
      return true;
  }
  return false;
}

struct RawNote {
  uint64_t location = 0, base = 0, semaphore = 0;
  UsdtNote note;
};

std::optional<RawNote> read_description(Reader reader, bool wide) {
  const size_t word = wide ? 8 : 4;
  RawNote raw;
  raw.location = reader.number(word);
  raw.base = reader.number(word);
  raw.semaphore = reader.number(word);
  raw.note.name_space = reader.text();
  raw.note.name = reader.text();
  raw.note.arguments = reader.text();
  if (reader.failed()) return {};
  return raw;
}

// Prelinkers move code but do not know of the notes: the section .stapsdt.base moves along, and the note
// has its old address.
bool place(RawNote& raw, const ElfFile& elf, std::optional<uint64_t> base) {
  uint64_t moved = base ? *base - raw.base : 0;
  raw.note.address = raw.location + moved;
  const Segment* code = elf.segment_of(raw.note.address);
  auto offset = elf.file_offset(raw.note.address);
  if (!code || !code->executable || !offset) return false;
  raw.note.file_offset = *offset;
  auto semaphore = raw.semaphore ? elf.file_offset(raw.semaphore + moved) : std::nullopt;
  if (!semaphore) return true;
  raw.note.semaphore_file_offset = *semaphore;
  raw.note.semaphore_hidden = is_shown_before(elf, raw.semaphore + moved, *semaphore - elf.begin());
  return true;
}

// The table of sections stands at the end of most files: it is the first to go.
bool sections_are_cut_off(const ElfFile& elf) {
  GElf_Ehdr header;
  size_t names = 0;
  if (!gelf_getehdr(elf.elf(), &header) || header.e_shoff == 0) return false;
  return elf_getshdrstrndx(elf.elf(), &names) != 0 || !elf_nextscn(elf.elf(), nullptr);
}

}  // namespace

Result<std::vector<UsdtNote>> usdt_notes(const ElfFile& elf) {
  if (sections_are_cut_off(elf)) return fail("it is a damaged ELF file: its table of sections is cut off");
  std::vector<UsdtNote> notes;
  Reader reader(elf.section(kSection));
  std::optional<uint64_t> base = section_address(elf, kBaseSection);
  while (!reader.empty()) {
    uint32_t name_size = reader.word(), size = reader.word(), type = reader.word();
    std::span<const std::byte> owner = reader.take_padded(name_size);
    std::span<const std::byte> description = reader.take_padded(size);
    if (reader.failed()) return damaged();
    bool ours = type == kType && owner.size() == kOwner.size() + 1 &&
                std::memcmp(owner.data(), kOwner.data(), owner.size()) == 0;
    if (!ours) continue;
    auto raw = read_description(Reader(description), elf.wide());
    if (!raw) return damaged();
    if (place(*raw, elf, base)) notes.push_back(std::move(raw->note));
  }
  return notes;
}

}  // namespace tracer

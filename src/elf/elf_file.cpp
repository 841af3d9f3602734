#include "elf/elf_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/unique_fd.h"

namespace tracer {

namespace {

#if defined(__x86_64__)
constexpr uint16_t kThisMachine = EM_X86_64, kNarrowMachine = EM_386;
#elif defined(__aarch64__)
constexpr uint16_t kThisMachine = EM_AARCH64, kNarrowMachine = EM_ARM;
#else
#error "This architecture has no ELF machine number here."
#endif

// Symbols of shared libraries may carry their version: `memcpy@@GLIBC_2.14`.
std::string_view without_version(std::string_view name) {
  const size_t at = name.find('@');
  return at == 0 ? name : name.substr(0, at);
}

uint8_t rank_of(unsigned char binding) { return binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2; }

std::optional<ElfSymbol> symbol_of(const GElf_Sym& symbol, const char* name) {
  const int type = GELF_ST_TYPE(symbol.st_info);
  const bool function = type == STT_FUNC || type == STT_GNU_IFUNC;
  if (!function && type != STT_OBJECT) return {};
  if (symbol.st_shndx == SHN_UNDEF) return {};
  return ElfSymbol{without_version(name), symbol.st_value, symbol.st_size,
                   function ? ElfSymbol::Kind::Function : ElfSymbol::Kind::Object,
                   rank_of(GELF_ST_BIND(symbol.st_info))};
}

}  // namespace

ElfFile::ElfFile(ElfFile&& other) noexcept
    : elf_(std::exchange(other.elf_, nullptr)),
      bytes_(std::move(other.bytes_)),
      mapped_(std::exchange(other.mapped_, nullptr)),
      mapped_size_(other.mapped_size_),
      image_(other.image_),
      size_(other.size_),
      begin_(other.begin_),
      wide_(other.wide_),
      movable_(other.movable_),
      machine_(other.machine_),
      entry_(other.entry_),
      segments_(std::move(other.segments_)) {}

ElfFile::~ElfFile() {
  elf_end(elf_);
  if (mapped_) munmap(mapped_, mapped_size_);
}

bool ElfFile::map(int fd, uint64_t begin) {
  struct stat status;
  if (fstat(fd, &status) != 0) return false;
  const auto size = static_cast<uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size <= begin) return errno = 0, true;
  mapped_size_ = size;
  // Private and writable, as libelf puts some tables in order in place.
  void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (mapped == MAP_FAILED) return false;
  mapped_ = mapped;
  image_ = static_cast<const std::byte*>(mapped) + begin;
  size_ = size - begin;
  begin_ = begin;
  return true;
}

Result<ElfFile> ElfFile::of_descriptor(int fd, const std::string& name) {
  ElfFile file;
  if (!file.map(fd, 0)) return fail(fmt::format("cannot read `{}`: {}", name, strerror(errno)));
  return checked(std::move(file), name);
}

Result<ElfFile> ElfFile::open(const std::string& path, uint64_t begin) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  ElfFile file;
  if (!fd || !file.map(fd.get(), begin))
    return fail(fmt::format("cannot read `{}`: {}", path, strerror(errno)));
  return checked(std::move(file), path);
}

Result<ElfFile> ElfFile::of_memory(std::span<const std::byte> image, const std::string& name) {
  ElfFile file;
  file.image_ = image.data();
  file.size_ = image.size();
  return checked(std::move(file), name);
}

Result<ElfFile> ElfFile::of_bytes(std::vector<std::byte> bytes, const std::string& name) {
  ElfFile file;
  file.bytes_ = std::move(bytes);
  file.image_ = file.bytes_.data();
  file.size_ = file.bytes_.size();
  return checked(std::move(file), name);
}

Result<ElfFile> ElfFile::checked(ElfFile file, const std::string& name) {
  constexpr size_t kIdentSize = EI_NIDENT;
  if (file.size_ < SELFMAG || std::memcmp(file.image_, ELFMAG, SELFMAG) != 0)
    return fail(fmt::format("`{}` is not an ELF file", name));
  auto damaged = [&](std::string_view how) {
    return fail(fmt::format("`{}` is a damaged ELF file: {}", name, how));
  };
  if (file.size_ < kIdentSize) return damaged("its header is cut off");
  elf_version(EV_CURRENT);
  file.elf_ = elf_memory(reinterpret_cast<char*>(const_cast<std::byte*>(file.image_)), file.size_);
  GElf_Ehdr header;
  if (!file.elf_ || elf_kind(file.elf_) != ELF_K_ELF || !gelf_getehdr(file.elf_, &header))
    return damaged("its header cannot be read");
  file.wide_ = gelf_getclass(file.elf_) == ELFCLASS64;
  file.machine_ = header.e_machine;
  file.movable_ = header.e_type == ET_DYN;
  file.entry_ = header.e_entry;
  file.read_segments();
  if (header.e_phoff > file.size_) return damaged("its program headers lie beyond its end");
  return file;
}

void ElfFile::read_segments() {
  size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0) return;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (!gelf_getphdr(elf_, static_cast<int>(i), &header)) return;
    if (header.p_type != PT_LOAD) continue;
    segments_.push_back({header.p_offset, header.p_vaddr, header.p_filesz, (header.p_flags & PF_X) != 0});
  }
}

bool ElfFile::of_this_machine() const { return machine_ == kThisMachine || machine_ == kNarrowMachine; }

const Segment* ElfFile::segment_of(uint64_t address) const {
  for (const Segment& segment : segments_)
    if (address >= segment.address && address - segment.address < segment.size) return &segment;
  return nullptr;
}

std::optional<uint64_t> ElfFile::file_offset(uint64_t address) const {
  const Segment* segment = segment_of(address);
  if (!segment) return {};
  return begin_ + segment->file_offset + (address - segment->address);
}

std::optional<uint64_t> ElfFile::address(uint64_t file_offset) const {
  const uint64_t offset = file_offset - begin_;
  for (const Segment& segment : segments_)
    if (offset >= segment.file_offset && offset - segment.file_offset < segment.size)
      return segment.address + (offset - segment.file_offset);
  return {};
}

std::span<const std::byte> ElfFile::loaded(uint64_t address, uint64_t size) const {
  const Segment* segment = segment_of(address);
  if (!segment) return {};
  const uint64_t within = address - segment->address;
  if (segment->file_offset > size_ || within >= size_ - segment->file_offset) return {};
  const uint64_t begin = segment->file_offset + within;
  return {image_ + begin, std::min({size, segment->size - within, size_ - begin})};
}

std::span<const std::byte> ElfFile::section(std::string_view name) const {
  size_t names = 0;
  if (elf_getshdrstrndx(elf_, &names) != 0) return {};
  for (Elf_Scn* section = elf_nextscn(elf_, nullptr); section; section = elf_nextscn(elf_, section)) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) continue;
    const char* found = elf_strptr(elf_, names, header.sh_name);
    if (!found || found != name || header.sh_type == SHT_NOBITS) continue;
    const Elf_Data* data = elf_rawdata(section, nullptr);
    if (!data || !data->d_buf) return {};
    return {static_cast<const std::byte*>(data->d_buf), data->d_size};
  }
  return {};
}

void ElfFile::each_entry(const std::function<void(const GElf_Sym&, const char*)>& visit) const {
  for (Elf_Scn* section = elf_nextscn(elf_, nullptr); section; section = elf_nextscn(elf_, section)) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) continue;
    if ((header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM) || header.sh_entsize == 0) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (!data || !data->d_buf) continue;
    const size_t entry = gelf_fsize(elf_, ELF_T_SYM, 1, EV_CURRENT);
    const size_t count = entry ? std::min<size_t>(data->d_size / entry, INT32_MAX) : 0;
    for (size_t i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (!gelf_getsym(data, static_cast<int>(i), &symbol)) break;
      const char* name = elf_strptr(elf_, header.sh_link, symbol.st_name);
      if (name && *name) visit(symbol, name);
    }
  }
}

void ElfFile::each_symbol(const std::function<void(const ElfSymbol&)>& visit) const {
  each_entry([&](const GElf_Sym& symbol, const char* name) {
    if (const auto read = symbol_of(symbol, name)) visit(*read);
  });
}

bool ElfFile::imports(std::string_view name) const {
  bool found = false;
  each_entry([&](const GElf_Sym& symbol, const char* other) {
    found |= symbol.st_shndx == SHN_UNDEF && without_version(other) == name;
  });
  return found;
}

std::string ElfFile::build_id() const {
  std::string id = build_id_of(section(".note.gnu.build-id"));
  return id.empty() ? build_id_of(section(".notes")) : id;  // as the kernel's image has it
}

// Names and contents are padded to 4 bytes (elf(5)).
std::string build_id_of(std::span<const std::byte> notes) {
  const auto padded = [](size_t size) { return (size + 3) & ~size_t{3}; };
  Elf64_Nhdr note;
  while (notes.size() >= sizeof note) {
    std::memcpy(&note, notes.data(), sizeof note);
    notes = notes.subspan(sizeof note);
    const size_t name = padded(note.n_namesz), content = note.n_descsz;
    if (name > notes.size() || content > notes.size() - name) break;
    if (note.n_type == NT_GNU_BUILD_ID && name == 4 && std::memcmp(notes.data(), "GNU", 4) == 0) {
      std::string digits;
      for (const std::byte byte : notes.subspan(name, content))
        digits += fmt::format("{:02x}", static_cast<unsigned>(byte));
      return digits;
    }
    notes = notes.subspan(std::min(name + padded(content), notes.size()));
  }
  return {};
}

std::optional<DebugLink> ElfFile::debug_link() const {
  const std::span<const std::byte> link = section(".gnu_debuglink");
  const auto* text = reinterpret_cast<const char*>(link.data());
  const size_t length = link.empty() ? 0 : strnlen(text, link.size());
  const size_t crc = (length + 4) / 4 * 4;
  if (length == 0 || crc + 4 > link.size()) return {};
  DebugLink result{{text, length}, 0};
  std::memcpy(&result.crc, link.data() + crc, sizeof result.crc);
  return result;
}

}  // namespace tracer

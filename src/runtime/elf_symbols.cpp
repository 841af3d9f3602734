#include "runtime/elf_symbols.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <tuple>

namespace tracer {

class ElfReader {
 public:
  explicit ElfReader(Elf* elf) : elf_(elf) {}
  ~ElfReader() { elf_end(elf_); }
  ElfReader(const ElfReader&) = delete;
  ElfReader& operator=(const ElfReader&) = delete;

  ElfSymbols read() {
    if (elf_ && elf_kind(elf_) == ELF_K_ELF) {
      read_segments();
      for (Elf_Scn* section = elf_nextscn(elf_, nullptr); section; section = elf_nextscn(elf_, section))
        read_section(section);
      put_in_order();
    }
    return std::move(out_);
  }

 private:
  void read_segments() {
    size_t count = 0;
    if (elf_getphdrnum(elf_, &count) != 0) return;
    for (size_t i = 0; i < count; ++i) {
      GElf_Phdr segment;
      if (!gelf_getphdr(elf_, static_cast<int>(i), &segment) || segment.p_type != PT_LOAD) continue;
      out_.segments_.push_back({segment.p_offset, segment.p_vaddr, segment.p_filesz});
    }
  }

  void read_section(Elf_Scn* section) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) return;
    if (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM) return;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (!data || header.sh_entsize == 0) return;
    for (uint64_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol)) add(symbol, header.sh_link);
    }
  }

  void add(const GElf_Sym& symbol, size_t strings) {
    const int type = GELF_ST_TYPE(symbol.st_info);
    if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF) return;
    const char* name = elf_strptr(elf_, strings, symbol.st_name);
    if (!name || !*name) return;
    out_.symbols_.push_back(
        {symbol.st_value, symbol.st_size, static_cast<uint32_t>(out_.names_.size()), rank(symbol)});
    out_.names_.append(name).push_back('\0');
  }

  static uint8_t rank(const GElf_Sym& symbol) {
    switch (GELF_ST_BIND(symbol.st_info)) {
      case STB_GLOBAL:
        return 0;
      case STB_WEAK:
        return 1;
      default:
        return 2;
    }
  }

  void put_in_order() {
    auto& symbols = out_.symbols_;
    std::stable_sort(symbols.begin(), symbols.end(), [](const auto& a, const auto& b) {
      return std::tie(a.address, a.rank) < std::tie(b.address, b.rank);
    });
    auto same = [](const auto& a, const auto& b) { return a.address == b.address; };
    symbols.erase(std::unique(symbols.begin(), symbols.end(), same), symbols.end());
    symbols.shrink_to_fit();
  }

  Elf* elf_;
  ElfSymbols out_;
};

ElfSymbols ElfSymbols::of_file(int fd) {
  elf_version(EV_CURRENT);
  return ElfReader(elf_begin(fd, ELF_C_READ_MMAP, nullptr)).read();
}

ElfSymbols ElfSymbols::of_memory(std::span<const std::byte> image) {
  elf_version(EV_CURRENT);
  // Nothing is written to it.
  char* bytes = reinterpret_cast<char*>(const_cast<std::byte*>(image.data()));
  return ElfReader(elf_memory(bytes, image.size())).read();
}

ElfSymbols::Name ElfSymbols::find(uint64_t file_offset) const {
  auto inside = [&](const Segment& segment) { return file_offset - segment.file_offset < segment.size; };
  const auto segment = std::find_if(segments_.begin(), segments_.end(), inside);
  if (segment == segments_.end()) return {};
  const uint64_t address = file_offset - segment->file_offset + segment->address;
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                [](uint64_t value, const Symbol& symbol) { return value < symbol.address; });
  if (after == symbols_.begin()) return {};
  const Symbol& found = *std::prev(after);
  const uint64_t offset = address - found.address;
  // Code written in assembly may have no size.
  if (found.size != 0 && offset >= found.size) return {};
  return {names_.data() + found.name, offset};
}

}  // namespace tracer

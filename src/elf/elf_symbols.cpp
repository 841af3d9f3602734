#include "elf/elf_symbols.h"

#include <algorithm>
#include <tuple>

#include "elf/debug_files.h"
#include "elf/elf_file.h"

namespace tracer {

ElfSymbols ElfSymbols::of(const ElfFile& file, const std::string& path) {
  ElfSymbols symbols;
  symbols.segments_ = file.segments();
  symbols.add(file, 0);
  // What was taken out of it is looked for only where it is known under a path.
  if (!path.empty()) {
    if (const auto mini = mini_debug_info(file, path)) symbols.add(*mini, address_difference(file, *mini));
    if (const auto debug = separate_debug_file(file, path))
      symbols.add(*debug, address_difference(file, *debug));
  }
  symbols.put_in_order();
  return symbols;
}

ElfSymbols ElfSymbols::of_file(int fd, const std::string& path) {
  const auto file = ElfFile::of_descriptor(fd, path);
  return file ? of(*file, path) : ElfSymbols();
}

ElfSymbols ElfSymbols::of_memory(std::span<const std::byte> image) {
  const auto file = ElfFile::of_memory(image, "memory");
  return file ? of(*file, "") : ElfSymbols();
}

void ElfSymbols::add(const ElfFile& file, uint64_t difference) {
  file.each_symbol([&](const ElfSymbol& symbol) {
    if (symbol.kind != ElfSymbol::Kind::Function) return;
    symbols_.push_back(
        {symbol.address + difference, symbol.size, static_cast<uint32_t>(names_.size()), symbol.rank});
    names_.append(symbol.name).push_back('\0');
  });
}

void ElfSymbols::put_in_order() {
  std::stable_sort(symbols_.begin(), symbols_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.address, a.rank) < std::tie(b.address, b.rank);
  });
  auto same = [](const auto& a, const auto& b) { return a.address == b.address; };
  symbols_.erase(std::unique(symbols_.begin(), symbols_.end(), same), symbols_.end());
  symbols_.shrink_to_fit();
}

std::optional<uint64_t> ElfSymbols::address(uint64_t file_offset) const {
  auto inside = [&](const Segment& segment) { return file_offset - segment.file_offset < segment.size; };
  const auto segment = std::find_if(segments_.begin(), segments_.end(), inside);
  if (segment == segments_.end()) return {};
  return file_offset - segment->file_offset + segment->address;
}

ElfSymbols::Name ElfSymbols::find(uint64_t file_offset) const {
  const auto place = address(file_offset);
  if (!place) return {};
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), *place,
                                [](uint64_t value, const Symbol& symbol) { return value < symbol.address; });
  if (after == symbols_.begin()) return {};
  const Symbol& found = *std::prev(after);
  const uint64_t offset = *place - found.address;
  // Code written in assembly may have no size.
  if (found.size != 0 && offset >= found.size) return {};
  return {names_.data() + found.name, offset};
}

}  // namespace tracer

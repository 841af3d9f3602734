#include "codegen/bpf_elf.h"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>
#include <span>

namespace tracer {
namespace {

constexpr const char* kPlanSection = ".tracer";
constexpr uint64_t kInstructionSize = 8;

// The section headers; empty when the bytes are no ELF object of 64 bits or are cut off.
std::span<const Elf64_Shdr> sections_of(std::string_view object) {
  if (object.size() < sizeof(Elf64_Ehdr) || std::memcmp(object.data(), ELFMAG, SELFMAG) != 0 ||
      object[EI_CLASS] != ELFCLASS64)
    return {};
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(object.data());
  const uint64_t bytes = uint64_t{header->e_shnum} * sizeof(Elf64_Shdr);
  if (header->e_shoff > object.size() || bytes > object.size() - header->e_shoff ||
      header->e_shoff % alignof(Elf64_Shdr) != 0 || header->e_shstrndx >= header->e_shnum)
    return {};
  return {reinterpret_cast<const Elf64_Shdr*>(object.data() + header->e_shoff), header->e_shnum};
}

std::string_view bytes_of(std::string_view object, const Elf64_Shdr& section) {
  if (section.sh_type == SHT_NOBITS || section.sh_offset > object.size() ||
      section.sh_size > object.size() - section.sh_offset)
    return {};
  return object.substr(section.sh_offset, section.sh_size);
}

std::string_view name_of(std::string_view object, std::span<const Elf64_Shdr> sections,
                         const Elf64_Shdr& section) {
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(object.data());
  const std::string_view names = bytes_of(object, sections[header->e_shstrndx]);
  if (section.sh_name >= names.size()) return {};
  const std::string_view rest = names.substr(section.sh_name);
  return rest.substr(0, rest.find('\0'));
}

const Elf64_Shdr* find_section(std::string_view object, std::string_view name) {
  const auto sections = sections_of(object);
  for (const Elf64_Shdr& section : sections)
    if (name_of(object, sections, section) == name) return &section;
  return nullptr;
}

// The same place in bytes that may be changed.
template <typename T>
T* writable(std::string& object, const T* place) {
  return reinterpret_cast<T*>(object.data() + (reinterpret_cast<const char*>(place) - object.data()));
}

}  // namespace

Result<std::string_view> bpf_section(std::string_view object, std::string_view name) {
  if (sections_of(object).empty()) return fail("it is not an ELF object");
  if (reinterpret_cast<const Elf64_Ehdr*>(object.data())->e_machine != EM_BPF)
    return fail("it is an ELF file for another machine");
  const Elf64_Shdr* section = find_section(object, name);
  return section ? bytes_of(object, *section) : std::string_view();
}

Result<std::string> describe_object(std::string_view object) {
  const auto sections = sections_of(object);
  if (sections.empty()) return fail("it is not an ELF object");
  std::string text;
  for (const Elf64_Shdr& section : sections) {
    const std::string_view name = name_of(object, sections, section);
    if (name.empty() || section.sh_size == 0) continue;
    text += fmt::format("{:<32} {:>8} bytes", name, section.sh_size);
    const bool code = (section.sh_flags & SHF_EXECINSTR) != 0;
    if (code) text += fmt::format(", {} instructions", section.sh_size / kInstructionSize);
    text += '\n';
  }
  return text;
}

void hide_plan_section(std::string& object) {
  const Elf64_Shdr* found = find_section(object, kPlanSection);
  if (!found) return;
  Elf64_Shdr* section = writable(object, found);
  section->sh_type = SHT_STRTAB;
  section->sh_flags = 0;
}

void show_plan_section(std::string& object) {
  const Elf64_Shdr* found = find_section(object, kPlanSection);
  if (!found) return;
  Elf64_Shdr* section = writable(object, found);
  section->sh_type = SHT_PROGBITS;
  section->sh_flags = SHF_ALLOC;
}

void make_functions_static(std::string& object) {
  const auto sections = sections_of(object);
  for (const Elf64_Shdr& table : sections) {
    if (table.sh_type != SHT_SYMTAB) continue;
    const std::string_view bytes = bytes_of(object, table);
    for (size_t at = 0; at + sizeof(Elf64_Sym) <= bytes.size(); at += sizeof(Elf64_Sym)) {
      auto* symbol = writable(object, reinterpret_cast<const Elf64_Sym*>(bytes.data() + at));
      if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx >= sections.size()) continue;
      if (name_of(object, sections, sections[symbol->st_shndx]) != ".text") continue;
      symbol->st_other = STV_HIDDEN;  // which libbpf takes for static
    }
  }
}

}  // namespace tracer

#include <gelf.h>
#include <libelf.h>

#include <memory>

#include "runtime/session.h"

namespace tracer {

namespace {

struct CloseElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, CloseElf>;

constexpr const char* kPlanSection = ".tracer";
constexpr GElf_Half kBpfMachine = EM_BPF;

std::unexpected<Error> no_artifact(const char* why) {
  return fail(std::string("this is no compiled script: ") + why);
}

}  // namespace

Result<Plan> read_plan(const std::string& artifact) {
  elf_version(EV_CURRENT);
  // libelf only reads from the bytes when they are opened like this; its interface is older than const.
  ElfHandle elf(elf_memory(const_cast<char*>(artifact.data()), artifact.size()));
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || !gelf_getehdr(elf.get(), &header)) {
    return no_artifact("not an ELF object");
  }
  size_t names = 0;
  if (header.e_machine != kBpfMachine) return no_artifact("an ELF file, but not for BPF");
  if (elf_getshdrstrndx(elf.get(), &names) != 0) return no_artifact("its section names are missing");
  for (Elf_Scn* section = elf_nextscn(elf.get(), nullptr); section;
       section = elf_nextscn(elf.get(), section)) {
    GElf_Shdr about;
    if (!gelf_getshdr(section, &about)) continue;
    const char* name = elf_strptr(elf.get(), names, about.sh_name);
    if (!name || std::string_view(name) != kPlanSection) continue;
    if (about.sh_type == SHT_NOBITS || about.sh_offset > artifact.size() ||
        about.sh_size > artifact.size() - about.sh_offset) {
      return no_artifact("its section `.tracer` is cut off");
    }
    return plan_from_bytes(std::string_view(artifact).substr(about.sh_offset, about.sh_size));
  }
  return no_artifact("it has no section `.tracer`");
}

}  // namespace tracer

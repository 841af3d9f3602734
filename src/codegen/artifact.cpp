// The Artifact: what the BPF backend emits for the module, with the license and the Plan in
// sections of their own.
#include <elf.h>
#include <llvm/IR/Constants.h>

#include <cstring>

#include "codegen/emit_code.h"
#include "codegen/module_impl.h"

namespace tracer {
namespace {

constexpr const char* kPlanSection = ".tracer";

// Without a symbol, since nothing may refer to it.
void add_section(llvm::Module& module, const char* section, llvm::StringRef bytes, bool nul_terminated) {
  llvm::Constant* text = llvm::ConstantDataArray::getString(module.getContext(), bytes, nul_terminated);
  auto* global =
      new llvm::GlobalVariable(module, text->getType(), true, llvm::GlobalValue::PrivateLinkage, text);
  global->setSection(section);
  global->setAlignment(llvm::Align(1));
}

// Makes the Plan's section one that loaders pass over: libbpf warns of data sections that it does
// not know, unless they are string tables.
void hide_plan_section(llvm::SmallVectorImpl<char>& object) {
  auto* header = reinterpret_cast<Elf64_Ehdr*>(object.data());
  auto* sections = reinterpret_cast<Elf64_Shdr*>(object.data() + header->e_shoff);
  const char* names = object.data() + sections[header->e_shstrndx].sh_offset;
  for (unsigned i = 0; i < header->e_shnum; i++) {
    if (std::strcmp(names + sections[i].sh_name, kPlanSection) != 0) continue;
    sections[i].sh_type = SHT_STRTAB;
    sections[i].sh_flags = 0;
  }
}

}  // namespace

Result<std::string> emit_artifact(Module& module, const Plan& plan) {
  Module::Impl& impl = module.impl();
  Plan complete = plan;
  complete.scratch_size = impl.scratch_size;
  add_section(*impl.module, "license", plan.config.license, true);
  add_section(*impl.module, kPlanSection, plan_to_bytes(complete), false);
  auto object = emit_code(*impl.machine, *impl.module, llvm::CodeGenFileType::ObjectFile);
  if (!object) return std::unexpected(object.error());
  hide_plan_section(*object);
  return std::string(object->begin(), object->end());
}

}  // namespace tracer

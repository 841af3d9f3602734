// The Artifact: what the BPF backend emits for the module, with the license and the Plan in
// sections of their own.
#include <llvm/IR/Constants.h>

#include "codegen/bpf_elf.h"
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

}  // namespace

Result<std::string> emit_artifact(Module& module, const Plan& plan) {
  Module::Impl& impl = module.impl();
  Plan complete = plan;
  complete.scratch_size = impl.scratch_size;
  add_section(*impl.module, "license", plan.config.license, true);
  add_section(*impl.module, kPlanSection, plan_to_bytes(complete), false);
  auto object = emit_code(impl, *impl.module, llvm::CodeGenFileType::ObjectFile);
  if (!object) return std::unexpected(object.error());
  std::string bytes(object->begin(), object->end());
  hide_plan_section(bytes);
  return bytes;
}

}  // namespace tracer

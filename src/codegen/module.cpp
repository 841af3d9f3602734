#include <llvm/IR/Verifier.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/raw_ostream.h>

#include "codegen/module_impl.h"
#include "codegen/target_machine.h"

namespace tracer {

Module::Module(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Module::Module(Module&&) noexcept = default;
Module::~Module() = default;
size_t Module::instructions() const { return impl_->module->getInstructionCount(); }
bool Module::exceeds_stack() const { return impl_->exceeds_stack; }

std::string Module::ir() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  impl_->module->print(stream, nullptr);
  return text;
}

Result<std::unique_ptr<Module::Impl>> make_module(CodeTarget target) {
  auto machine = make_target_machine(target);
  if (!machine) return std::unexpected(machine.error());
  auto impl = std::make_unique<Module::Impl>();
  impl->target = target;
  impl->machine = std::move(*machine);
  impl->context = std::make_unique<llvm::LLVMContext>();
  impl->module = std::make_unique<llvm::Module>("tracer", *impl->context);
  impl->module->setTargetTriple(impl->machine->getTargetTriple().str());
  impl->module->setDataLayout(impl->machine->createDataLayout());
  return impl;
}

Result<void> verify_module(const Module::Impl& module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (!llvm::verifyModule(*module.module, &stream)) return {};
  return fail("the generated code is malformed: " + llvm::StringRef(text).trim().str());
}

void optimise(Module& module) {
  Module::Impl& impl = module.impl();

  llvm::PipelineTuningOptions tuning;
  // BPF has no vectors, and scripts have no loops that would gain from them on the host.
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopInterleaving = false;
  // What the verifier walks through once more costs more than the jump it saves.
  tuning.LoopUnrolling = false;

  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;

  // No loop may become a call of memset or its like: BPF has no such functions.
  llvm::TargetLibraryInfoImpl libraries(impl.machine->getTargetTriple());
  libraries.disableAllFunctions();
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(libraries); });

  llvm::PassBuilder builder(impl.machine.get(), tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(*impl.module, modules);
}

}  // namespace tracer

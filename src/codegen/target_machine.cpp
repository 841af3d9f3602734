#include "codegen/target_machine.h"

#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>

#include <mutex>

// Declared here because LLVM's own header declares the functions of every target it was built with.
extern "C" {
void LLVMInitializeBPFTargetInfo();
void LLVMInitializeBPFTarget();
void LLVMInitializeBPFTargetMC();
void LLVMInitializeBPFAsmPrinter();
void LLVMInitializeBPFAsmParser();
}

namespace tracer {
namespace {

void initialise_bpf() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeBPFTargetInfo();
    LLVMInitializeBPFTarget();
    LLVMInitializeBPFTargetMC();
    LLVMInitializeBPFAsmPrinter();
    LLVMInitializeBPFAsmParser();  // of inline assembly
  });
}

void initialise_host() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

}  // namespace

Result<std::unique_ptr<llvm::TargetMachine>> make_target_machine(CodeTarget target) {
  bool bpf = target == CodeTarget::Bpf;
  bpf ? initialise_bpf() : initialise_host();

  // `bpf` means the byte order of this machine.
  std::string triple = bpf ? "bpf" : llvm::sys::getProcessTriple();
  std::string error;
  const llvm::Target* found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found) return fail("LLVM cannot generate code for " + triple + ": " + error);

  // v3: 32-bit registers, all jumps and atomic operations; every supported kernel has it.
  // The host's code must reach maps and helpers at any address: hence PIC.
  std::unique_ptr<llvm::TargetMachine> machine(found->createTargetMachine(
      triple, bpf ? "v3" : "", "", llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
      bpf ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::Less, !bpf));
  if (!machine) return fail("LLVM cannot generate code for " + triple);
  return machine;
}

}  // namespace tracer

#include "codegen/emit_code.h"

#include <fmt/format.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/Support/CrashRecoveryContext.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/raw_ostream.h>

#include "codegen/stack_size.h"

namespace tracer {
namespace {

// Keeps the first of the errors that LLVM would print before it ends the process, and the sizes of stacks.
struct Collector final : llvm::DiagnosticHandler {
  Collector(std::string& text, StackSizes& sizes) : text(text), sizes(sizes) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
    if (auto* stack = llvm::dyn_cast<llvm::DiagnosticInfoStackSize>(&info))
      sizes[&stack->getFunction()] = stack->getStackSize();
    // The stack limit is only warned of, but the kernel will refuse the program.
    bool fatal = info.getSeverity() == llvm::DS_Error || info.getKind() == llvm::DK_Unsupported;
    if (!fatal || !text.empty()) return true;
    std::string message;
    llvm::raw_string_ostream stream(message);
    llvm::DiagnosticPrinterRawOStream printer(stream);
    info.print(printer);
    text = llvm::StringRef(message).trim();
    return true;
  }
  std::string& text;
  StackSizes& sizes;
};

// Some limits of a target, such as how far a BPF jump reaches, LLVM reports as fatal, and would end the
// process. While this lives, run() gives false instead and `reason` tells why; what LLVM had allocated is
// lost.
class FatalErrors {
 public:
  explicit FatalErrors(std::string& reason) {
    llvm::CrashRecoveryContext::Enable();
    llvm::install_fatal_error_handler(&FatalErrors::leave, &reason);
  }
  ~FatalErrors() {
    llvm::remove_fatal_error_handler();
    llvm::CrashRecoveryContext::Disable();
  }
  FatalErrors(const FatalErrors&) = delete;
  FatalErrors& operator=(const FatalErrors&) = delete;

  bool run(llvm::function_ref<void()> work) { return context_.RunSafely(work); }

 private:
  static void leave(void* reason, const char* text, bool) {
    *static_cast<std::string*>(reason) = text;
    llvm::CrashRecoveryContext::GetCurrent()->HandleExit(1);
  }

  llvm::CrashRecoveryContext context_;
};

// At the end of a function that gives nothing, r0 may hold an address of its stack, which the verifier
// refuses to be given to the caller.
void clear_results(llvm::Module& module) {
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(module.getContext()), false);
  auto* clear = llvm::InlineAsm::get(type, "r0 = 0", "~{r0}", /*hasSideEffects=*/true);
  for (llvm::Function& function : module) {
    if (!function.getReturnType()->isVoidTy()) continue;
    for (llvm::BasicBlock& block : function)
      if (auto* end = llvm::dyn_cast<llvm::ReturnInst>(block.getTerminator()))
        llvm::CallInst::Create(clear, {}, "", end->getIterator());
  }
}

}  // namespace

Result<llvm::SmallVector<char, 0>> emit_code(Module::Impl& impl, llvm::Module& module,
                                             llvm::CodeGenFileType type) {
  // Without this, tables for unwinding are written.
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) function.setDoesNotThrow();

  const bool for_kernel = impl.target == CodeTarget::Bpf;
  if (for_kernel) {
    clear_results(module);
    ask_for_stack_sizes(module);
  }

  std::string errors;
  StackSizes sizes;
  llvm::LLVMContext& context = module.getContext();
  std::unique_ptr<llvm::DiagnosticHandler> before = context.getDiagnosticHandler();
  context.setDiagnosticHandler(std::make_unique<Collector>(errors, sizes));

  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  bool refused = false;
  std::string fatal;
  bool survived = FatalErrors(fatal).run([&] {
    llvm::legacy::PassManager passes;
    refused = impl.machine->addPassesToEmitFile(passes, stream, nullptr, type);
    if (!refused) passes.run(module);
  });

  context.setDiagnosticHandler(std::move(before));
  if (refused) return fail("LLVM cannot write this kind of file for the target");
  if (!survived)
    return fail(fmt::format("LLVM cannot generate code: {}", fatal.empty() ? "it crashed" : fatal),
                "a clause may be too long for one BPF program: split it");
  impl.exceeds_stack = for_kernel && deepest_stack(module, sizes) > kBpfStack;
  if (!errors.empty()) return fail("LLVM cannot generate code: " + errors);
  return bytes;
}

}  // namespace tracer

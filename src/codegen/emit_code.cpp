#include "codegen/emit_code.h"

#include <fmt/format.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/Support/CrashRecoveryContext.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/raw_ostream.h>

namespace tracer {
namespace {

// Keeps the first of the errors that LLVM would print before it ends the process.
struct ErrorCollector final : llvm::DiagnosticHandler {
  explicit ErrorCollector(std::string& text) : text(text) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
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

}  // namespace

Result<llvm::SmallVector<char, 0>> emit_code(llvm::TargetMachine& machine, llvm::Module& module,
                                             llvm::CodeGenFileType type) {
  // Without this, tables for unwinding are written.
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) function.setDoesNotThrow();

  std::string errors;
  llvm::LLVMContext& context = module.getContext();
  std::unique_ptr<llvm::DiagnosticHandler> before = context.getDiagnosticHandler();
  context.setDiagnosticHandler(std::make_unique<ErrorCollector>(errors));

  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  bool refused = false;
  std::string fatal;
  bool survived = FatalErrors(fatal).run([&] {
    llvm::legacy::PassManager passes;
    refused = machine.addPassesToEmitFile(passes, stream, nullptr, type);
    if (!refused) passes.run(module);
  });

  context.setDiagnosticHandler(std::move(before));
  if (refused) return fail("LLVM cannot write this kind of file for the target");
  if (!survived)
    return fail(fmt::format("LLVM cannot generate code: {}", fatal.empty() ? "it crashed" : fatal),
                "a clause may be too long for one BPF program: split it");
  if (!errors.empty()) return fail("LLVM cannot generate code: " + errors);
  return bytes;
}

}  // namespace tracer

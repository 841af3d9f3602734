#include "codegen/native_code.h"

#include <llvm/ExecutionEngine/Orc/Core.h>
#include <llvm/ExecutionEngine/Orc/ExecutorProcessControl.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>

#include <cstring>

#include "codegen/emit_code.h"
#include "codegen/module_impl.h"

namespace tracer {
namespace {

namespace orc = llvm::orc;

Error to_error(llvm::Error error) {
  return Error{"cannot link the program into this process: " + llvm::toString(std::move(error)), {}};
}

// What the code generator itself calls for large moves.
const NativeSymbol kLibraryFunctions[] = {
    {"memset", reinterpret_cast<void*>(&std::memset)},
    {"memcpy", reinterpret_cast<void*>(&std::memcpy)},
    {"memmove", reinterpret_cast<void*>(&std::memmove)},
    {"memcmp", reinterpret_cast<void*>(&std::memcmp)},
};

}  // namespace

// The layers of LLJIT without its platform support, which is most of its start-up.
struct NativeCode::Impl {
  explicit Impl(std::unique_ptr<orc::ExecutorProcessControl> process)
      : session(std::move(process)), layer(session) {}
  ~Impl() {
    if (llvm::Error error = session.endSession()) llvm::consumeError(std::move(error));
  }

  void add_symbols(orc::SymbolMap& map, std::span<const NativeSymbol> symbols) {
    for (const NativeSymbol& symbol : symbols)
      map[session.intern(symbol.name)] = {orc::ExecutorAddr::fromPtr(symbol.address),
                                          llvm::JITSymbolFlags::Exported};
  }

  orc::ExecutionSession session;
  orc::ObjectLinkingLayer layer;
  orc::JITDylib* library = nullptr;
};

Result<std::string> emit_native_code(Module& module) {
  auto object = emit_code(module.impl(), *module.impl().module, llvm::CodeGenFileType::ObjectFile);
  if (!object) return std::unexpected(object.error());
  return std::string(object->begin(), object->end());
}

void use_native_code(Module& module, std::string object) { module.impl().native_code = std::move(object); }

NativeCode::NativeCode(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NativeCode::~NativeCode() = default;

Result<std::unique_ptr<NativeCode>> NativeCode::compile(Module module,
                                                        std::span<const NativeSymbol> externals) {
  if (module.impl().native_code.empty()) {
    auto object = emit_native_code(module);
    if (!object) return std::unexpected(object.error());
    use_native_code(module, std::move(*object));
  }

  auto process = orc::SelfExecutorProcessControl::Create();
  if (!process) return std::unexpected(to_error(process.takeError()));
  auto impl = std::make_unique<Impl>(std::move(*process));
  impl->session.setErrorReporter([](llvm::Error error) { llvm::consumeError(std::move(error)); });
  impl->library = &impl->session.createBareJITDylib("script");

  orc::SymbolMap symbols;
  impl->add_symbols(symbols, kLibraryFunctions);
  impl->add_symbols(symbols, externals);
  if (llvm::Error error = impl->library->define(orc::absoluteSymbols(std::move(symbols))))
    return std::unexpected(to_error(std::move(error)));
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy(module.impl().native_code, "script");
  if (llvm::Error error = impl->layer.add(*impl->library, std::move(buffer)))
    return std::unexpected(to_error(std::move(error)));
  return std::unique_ptr<NativeCode>(new NativeCode(std::move(impl)));
}

Result<NativeCode::Program> NativeCode::find(const std::string& name) {
  auto symbol = impl_->session.lookup({impl_->library}, name);
  if (!symbol) return std::unexpected(to_error(symbol.takeError()));
  return symbol->getAddress().toPtr<Program>();
}

}  // namespace tracer

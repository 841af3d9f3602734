// Machine code of a module in this process.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "codegen/codegen.h"

namespace tracer {

struct NativeSymbol {
  std::string name;
  void* address = nullptr;
};

class NativeCode {
 public:
  // Compiles and links the module; `externals` are the addresses of what it does not define.
  static Result<std::unique_ptr<NativeCode>> compile(Module module, std::span<const NativeSymbol> externals);
  ~NativeCode();

  using Program = uint64_t (*)(void* context);
  Result<Program> find(const std::string& name);

 private:
  struct Impl;
  explicit NativeCode(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracer

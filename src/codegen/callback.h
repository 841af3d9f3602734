// Functions that the kernel's loop() calls.
#pragma once

#include <string>

#include "codegen/program_emitter.h"

namespace tracer {

// A function that the kernel calls again and again until it returns another number than 0: made once
// for each name. `data` is what the caller handed over.
class Callback {
 public:
  Callback(ProgramEmitter& p, const std::string& name) : p_(p), outer_(p.b.GetInsertBlock()) {
    function_ = p.module.module.getFunction(name);
    if (function_) return;
    is_new_ = true;
    llvm::FunctionType* type =
        llvm::FunctionType::get(p.b.getInt64Ty(), {p.b.getInt64Ty(), p.b.getPtrTy()}, false);
    function_ = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, p.module.module);
    span_ = p.program.clause->span;
    p.module.debug.enter_function(*function_, span_);
    p.module.debug.set_location(p.b, span_);
    p.b.SetInsertPoint(block("entry"));
  }
  ~Callback() {
    if (!is_new_) return;
    p_.module.debug.enter_function(*outer_->getParent(), span_);
    p_.b.SetInsertPoint(outer_);
    p_.module.debug.set_location(p_.b, span_);
  }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;

  bool is_new() const { return is_new_; }
  llvm::Function* function() const { return function_; }
  llvm::Value* data() const { return function_->getArg(1); }
  llvm::BasicBlock* block(const char* name) {
    return llvm::BasicBlock::Create(p_.b.getContext(), name, function_);
  }
  // Ends the round.
  void end(bool last) { p_.b.CreateRet(p_.number(last)); }

 private:
  ProgramEmitter& p_;
  llvm::BasicBlock* outer_;
  llvm::Function* function_ = nullptr;
  bool is_new_ = false;
  Span span_;
};

}  // namespace tracer

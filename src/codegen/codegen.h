// Typed AST + Plan -> LLVM module -> BPF object or native code. No LLVM type is named here, so
// that nobody else needs its headers.
#pragma once

#include <memory>
#include <string>

#include "ast/check.h"
#include "base/result.h"
#include "runtime/session.h"
#include "runtime/shared_maps.h"

namespace tracer {

enum class CodeTarget : uint8_t { Bpf, Host };

// How much of the 512 bytes of BPF stack is for values. What LLVM spills of registers takes the rest, which
// nobody can foresee: with Least, nearly all values stand in the scratch frame, which is slower.
enum class StackUse : uint8_t { Usual, Least };

// The LLVM module of a script.
class Module {
 public:
  struct Impl;
  explicit Module(std::unique_ptr<Impl> impl);
  Module(Module&&) noexcept;
  ~Module();
  std::string ir() const;  // as text, as it is now
  size_t instructions() const;
  // True when what emit_artifact or disassemble last made needs more stack than the kernel gives: it will
  // refuse that, unless LLVM did already.
  bool exceeds_stack() const;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Lowers every program. `sources` gives the text for BPF line information.
// Fails only on defects of tracer itself (the script was checked before).
Result<Module> generate(const ast::CheckedScript& script, const Sources& sources, CodeTarget target,
                        StackUse stack = StackUse::Usual);

// LLVM's O2 pipeline with the target's own passes.
void optimise(Module& module);

// The Artifact: an ELF BPF object with the Plan in section `.tracer`.
Result<std::string> emit_artifact(Module& module, const Plan& plan);
// Native code as an object file, for use_native_code() of this module or of that in another process which
// it was copied from.
Result<std::string> emit_native_code(Module& module);
void use_native_code(Module& module, std::string object);
// BPF instructions as text (`-d asm`).
Result<std::string> disassemble(Module& module);

// Native code in this process, behind the Session interface. `shared`: see UserWorld.
Result<std::unique_ptr<Session>> make_user_session(Module module, const Plan& plan,
                                                   SharedMaps* shared = nullptr);

}  // namespace tracer

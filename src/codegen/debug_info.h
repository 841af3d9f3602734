// Debug information, from which the BPF backend makes BTF: types of maps, functions, and line
// information that points at the script. No DWARF is written.
#pragma once

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "codegen/codegen.h"

namespace tracer {

class BtfFile;

class DebugInfo {
 public:
  // For programs that run in this process nothing is described; every call does nothing then.
  DebugInfo(llvm::Module& module, const Sources& sources, uint32_t main_source, CodeTarget target);

  // A function that another object has, by its BTF there.
  void declare_external(llvm::Function& function, const BtfFile& btf, uint32_t btf_id);
  // To be called for every function before its instructions are made: programs and callbacks.
  // Later locations belong to `function`; call again to return to an outer one.
  void enter_function(llvm::Function& function, Span span);
  // Following instructions of `builder` come from that place of the script.
  void set_location(llvm::IRBuilder<>& builder, Span span);

  // Describes a BTF-defined map as clang would: a struct whose members are named and point to
  // arrays of that many integers.
  using MapAttributes = std::vector<std::pair<const char*, uint32_t>>;
  void describe_map(llvm::GlobalVariable& map, const MapAttributes& attributes);

  // A variable of the kernel, declared with that type: libbpf compares the kinds of types, not what
  // structures hold.
  void describe_kernel_variable(llvm::GlobalVariable& variable, const Type& type);

  // The same for a function, of which libbpf compares the types.
  void describe_kernel_function(llvm::Function& function, const Type& result, const Type& parameter);

  // A structure of the kernel with one member, which may be such a structure itself: what its loader needs to
  // find that member in another kernel. `path` goes from the outer structure to the inner one.
  struct MemberStep {
    const Type* structure;
    const Field* field;
    bool by_typedef;
  };
  llvm::DIType* member_path(llvm::ArrayRef<MemberStep> path);

  // To be called once, when the module is complete.
  void finish();

 private:
  llvm::DIFile* file(uint32_t source);
  llvm::DIType* type_of(llvm::Type* type);
  llvm::DIType* array_pointer(uint32_t elements);
  llvm::DIType* c_type(const Type& type);
  llvm::DIScope* scope_in(uint32_t source);

  llvm::Module& module_;
  const Sources& sources_;
  bool enabled_;
  uint32_t main_source_;
  llvm::DIBuilder builder_;
  llvm::DICompileUnit* unit_ = nullptr;
  llvm::DIType* int_ = nullptr;
  llvm::DIType* u64_ = nullptr;
  llvm::DIType* pointer_ = nullptr;
  llvm::DISubprogram* function_ = nullptr;
  uint32_t function_source_ = 0;
  std::map<uint32_t, llvm::DIFile*> files_;
  std::map<uint32_t, llvm::DIType*> array_pointers_;
  std::map<std::pair<llvm::DISubprogram*, uint32_t>, llvm::DIScope*> foreign_scopes_;
};

}  // namespace tracer

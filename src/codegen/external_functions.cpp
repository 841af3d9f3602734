// Calls of functions of imported BPF objects. The linker compares the types by which they are declared
// here with those of their object, in shape: sizes, and names of structures.
#include <linux/btf.h>
#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/DebugInfoMetadata.h>

#include "btf/btf_file.h"
#include "codegen/program_emitter.h"

namespace tracer {
namespace {

class TypeDescriber {
 public:
  TypeDescriber(llvm::DIBuilder& builder, llvm::DIFile* file, const BtfFile& btf)
      : builder_(builder), file_(file), btf_(btf) {}

  llvm::DISubroutineType* prototype(uint32_t id, unsigned depth = 0) {
    const btf_type* type = btf_.type(id);
    llvm::SmallVector<llvm::Metadata*, 6> types{describe(type->type, depth)};
    const auto* parameters = reinterpret_cast<const btf_param*>(type + 1);
    for (unsigned i = 0; i < BTF_INFO_VLEN(type->info); i++)
      types.push_back(describe(parameters[i].type, depth));
    return builder_.createSubroutineType(builder_.getOrCreateTypeArray(types));
  }

 private:
  static constexpr unsigned kMostDepth = 16;

  llvm::DIType* describe(uint32_t id, unsigned depth) {
    const btf_type* type = btf_.type(id);
    if (!type || depth > kMostDepth) return nullptr;  // void
    const llvm::StringRef name(btf_.name(type).data(), btf_.name(type).size());
    switch (BTF_INFO_KIND(type->info)) {
      case BTF_KIND_INT:
        return builder_.createBasicType(name, 8 * type->size, llvm::dwarf::DW_ATE_signed);
      case BTF_KIND_PTR:
        return builder_.createPointerType(describe(type->type, depth + 1), 64);
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        return builder_.createEnumerationType(file_, name, file_, 0, 8 * type->size, 8 * type->size, {},
                                              nullptr);
      case BTF_KIND_STRUCT:
      case BTF_KIND_FWD:
      case BTF_KIND_UNION: {
        const bool is_union = BTF_INFO_KIND(type->info) == BTF_KIND_UNION ||
                              (BTF_INFO_KIND(type->info) == BTF_KIND_FWD && BTF_INFO_KFLAG(type->info));
        return builder_.createForwardDecl(
            is_union ? llvm::dwarf::DW_TAG_union_type : llvm::dwarf::DW_TAG_structure_type, name, file_,
            file_, 0);
      }
      case BTF_KIND_FUNC_PROTO:
        return prototype(id, depth + 1);
      default:  // typedefs, qualifiers and tags
        return describe(type->type, depth + 1);
    }
  }

  llvm::DIBuilder& builder_;
  llvm::DIFile* file_;
  const BtfFile& btf_;
};

}  // namespace

void DebugInfo::declare_external(llvm::Function& function, const BtfFile& btf, uint32_t btf_id) {
  if (!enabled_ || function.getSubprogram()) return;
  llvm::DIFile* unit_file = file(main_source_);
  TypeDescriber types(builder_, unit_file, btf);
  function.setSubprogram(builder_.createFunction(unit_file, function.getName(), function.getName(), unit_file,
                                                 0, types.prototype(btf.type(btf_id)->type), 0,
                                                 llvm::DINode::FlagPrototyped,
                                                 llvm::DISubprogram::SPFlagOptimized));
}

llvm::Value* ProgramEmitter::call_external(const ast::Call& call) {
  const ast::ExternalFunction& external = *call.external;
  llvm::Function* function = module.module.getFunction(external.name);
  if (!function) {
    llvm::SmallVector<llvm::Type*, 5> parameters(external.params.size(), b.getInt64Ty());
    function = llvm::Function::Create(llvm::FunctionType::get(b.getInt64Ty(), parameters, false),
                                      llvm::Function::ExternalLinkage, external.name, module.module);
    module.debug.declare_external(*function, *external.btf, external.btf_id);
  }
  llvm::SmallVector<llvm::Value*, 5> arguments;
  for (const ast::Expr* argument : call.args) {
    llvm::Value* value = lower(*argument);
    arguments.push_back(value->getType()->isPointerTy() ? b.CreatePtrToInt(value, b.getInt64Ty()) : value);
  }
  module.debug.set_location(b, call.span);
  return canonical(b.CreateCall(function, arguments), external.result);
}

}  // namespace tracer

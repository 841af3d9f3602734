// The BPF backend knows a relocation by a variable with an attribute, whose name has the kind, the value for
// the kernel where it is compiled, and the way to the field: `llvm.NAME:KIND:VALUE$0:0`. A load of the
// variable becomes an instruction with that value and a record for the loader.
#include "codegen/relocations.h"

#include <fmt/format.h>
#include <llvm/IR/IntrinsicsBPF.h>
#include <llvm/IR/Module.h>

namespace tracer {
namespace {

constexpr const char* kRelocationAttribute = "btf_ama";
constexpr uint64_t kWordBits = 64;

uint64_t value_here(const FieldPath& path, Relocated what) {
  const Field& last = path.back()->where;
  const uint64_t bits = last.bit_size ? last.bit_size : uint64_t{last.type.size} * 8;
  switch (what) {
    case Relocated::Offset:
      return offset_here(path);
    case Relocated::Size:
      return last.type.size;
    case Relocated::LeftShift:
      return kWordBits - last.bit_offset - bits;
    case Relocated::RightShift:
      return kWordBits - bits;
  }
  return 0;
}

llvm::DIType* describe(DebugInfo& debug, const FieldPath& path) {
  std::vector<DebugInfo::MemberStep> steps;
  for (const ast::FieldAccess* step : path)
    steps.push_back({&structure_of(*step), &step->where, step->by_typedef});
  return debug.member_path(steps);
}

llvm::GlobalVariable* variable(llvm::Module& module, DebugInfo& debug, const FieldPath& path,
                               Relocated what) {
  std::string name = "llvm." + structure_of(*path.front()).name, way = "0";
  for (const ast::FieldAccess* step : path) {
    name += "." + step->field;
    way += ":0";  // the only member of what describes the structure
  }
  name += fmt::format(":{}:{}${}", static_cast<uint32_t>(what), value_here(path, what), way);
  if (llvm::GlobalVariable* known = module.getNamedGlobal(name)) return known;
  auto* made = new llvm::GlobalVariable(module, llvm::Type::getInt64Ty(module.getContext()), false,
                                        llvm::GlobalValue::ExternalLinkage, nullptr, name);
  made->addAttribute(kRelocationAttribute);
  made->setMetadata(llvm::LLVMContext::MD_preserve_access_index, describe(debug, path));
  return made;
}

}  // namespace

uint64_t offset_here(const FieldPath& path) {
  uint64_t offset = 0;
  for (const ast::FieldAccess* step : path) offset += step->where.offset;
  return offset;
}

const Type& structure_of(const ast::FieldAccess& step) {
  const Type* type = &step.object->type;
  while (type->is(TypeKind::Pointer) && type->target) type = type->target.get();
  return *type;
}

FieldPath relocatable_path(const ast::FieldAccess& access) {
  FieldPath path{&access};
  for (;;) {
    const ast::FieldAccess& first = *path.front();
    if (!first.in_kernel_type) return {};
    if (!structure_of(first).name.empty()) return path;
    const auto* outer = ast::as<ast::FieldAccess>(first.object);
    if (!outer || outer->argument || !outer->type.is(TypeKind::Struct)) return {};
    path.insert(path.begin(), outer);
  }
}

llvm::Value* relocated(llvm::IRBuilder<>& b, llvm::Module& module, DebugInfo& debug, const FieldPath& path,
                       Relocated what) {
  llvm::Value* value = b.CreateLoad(b.getInt64Ty(), variable(module, debug, path, what));
  // Each relocation is an instruction of its own: LLVM may not make one of two. The number tells them apart.
  static uint32_t count = 0;
  return b.CreateIntrinsic(llvm::Intrinsic::bpf_passthrough, {b.getInt64Ty(), b.getInt64Ty()},
                           {b.getInt32(count++), value});
}

}  // namespace tracer

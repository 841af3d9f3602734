#include "codegen/debug_info.h"

#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Function.h>

namespace tracer {

DebugInfo::DebugInfo(llvm::Module& module, const Sources& sources, uint32_t main_source, CodeTarget target)
    : module_(module),
      sources_(sources),
      enabled_(target == CodeTarget::Bpf),
      main_source_(main_source),
      builder_(module) {
  if (!enabled_) return;
  module.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  // LLVM writes DWARF for every module with debug information unless it asks for CodeView, which
  // exists on Windows only. Thus neither is written: DWARF would be most of the object and nobody
  // reads it.
  module.addModuleFlag(llvm::Module::Warning, "CodeView", 1);
  unit_ = builder_.createCompileUnit(llvm::dwarf::DW_LANG_C99, file(main_source), "tracer", true, "", 0);
  int_ = builder_.createBasicType("int", 32, llvm::dwarf::DW_ATE_signed);
  u64_ = builder_.createBasicType("unsigned long long", 64, llvm::dwarf::DW_ATE_unsigned);
  pointer_ = builder_.createPointerType(nullptr, 64);
}

llvm::DIFile* DebugInfo::file(uint32_t source) {
  llvm::DIFile*& known = files_[source];
  if (!known) {
    // The text goes along, so that BTF has the lines of scripts that stand in no file (-e).
    const Source& text = sources_[source];
    known = builder_.createFile(text.name(), "", std::nullopt, llvm::StringRef(text.text()));
  }
  return known;
}

llvm::DIType* DebugInfo::type_of(llvm::Type* type) { return type->isPointerTy() ? pointer_ : u64_; }

void DebugInfo::enter_function(llvm::Function& function, Span span) {
  if (!enabled_) return;
  function_source_ = span.source;
  if (llvm::DISubprogram* known = function.getSubprogram()) {
    function_ = known;
    return;
  }
  llvm::SmallVector<llvm::Metadata*, 4> types{type_of(function.getReturnType())};
  for (llvm::Argument& argument : function.args()) types.push_back(type_of(argument.getType()));
  llvm::DISubroutineType* type = builder_.createSubroutineType(builder_.getOrCreateTypeArray(types));

  uint32_t line = sources_[span.source].place(span.begin).line;
  auto flags = llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagOptimized;
  if (function.hasLocalLinkage()) flags |= llvm::DISubprogram::SPFlagLocalToUnit;
  function_ = builder_.createFunction(unit_, function.getName(), function.getName(), file(span.source), line,
                                      type, line, llvm::DINode::FlagPrototyped, flags);
  function.setSubprogram(function_);

  // The kernel refuses functions whose parameters have no name.
  for (llvm::Argument& argument : function.args()) {
    unsigned number = argument.getArgNo() + 1;
    builder_.createParameterVariable(function_, "arg" + std::to_string(number), number, file(span.source),
                                     line, type_of(argument.getType()), true);
  }
}

llvm::DIScope* DebugInfo::scope_in(uint32_t source) {
  if (source == function_source_) return function_;
  llvm::DIScope*& scope = foreign_scopes_[{function_, source}];
  if (!scope) scope = builder_.createLexicalBlockFile(function_, file(source));
  return scope;
}

void DebugInfo::set_location(llvm::IRBuilder<>& builder, Span span) {
  if (!enabled_ || !function_) return;
  LineColumn place = sources_[span.source].place(span.begin);
  builder.SetCurrentDebugLocation(
      llvm::DILocation::get(module_.getContext(), place.line, place.column, scope_in(span.source)));
}

llvm::DIType* DebugInfo::array_pointer(uint32_t elements) {
  llvm::DIType*& known = array_pointers_[elements];
  if (!known) {
    llvm::DINodeArray range = builder_.getOrCreateArray({builder_.getOrCreateSubrange(0, elements)});
    llvm::DIType* array = builder_.createArrayType(uint64_t{elements} * 32, 32, int_, range);
    known = builder_.createPointerType(array, 64);
  }
  return known;
}

void DebugInfo::describe_map(llvm::GlobalVariable& map, const MapAttributes& attributes) {
  if (!enabled_) return;
  llvm::DIFile* unit_file = file(main_source_);
  llvm::SmallVector<llvm::Metadata*, 4> members;
  for (const auto& [name, value] : attributes)
    members.push_back(builder_.createMemberType(unit_file, name, unit_file, 0, 64, 64, 64 * members.size(),
                                                llvm::DINode::FlagZero, array_pointer(value)));
  llvm::DIType* type =
      builder_.createStructType(unit_file, "", unit_file, 0, 64 * members.size(), 64, llvm::DINode::FlagZero,
                                nullptr, builder_.getOrCreateArray(members));
  map.addDebugInfo(builder_.createGlobalVariableExpression(unit_, map.getName(), map.getName(), unit_file, 0,
                                                           type, false));
}

llvm::DIType* DebugInfo::c_type(const Type& type) {
  const uint64_t bits = uint64_t{type.size} * 8;
  llvm::DIFile* in = file(main_source_);
  switch (type.kind) {
    case TypeKind::Pointer:
      return builder_.createPointerType(type.target ? c_type(*type.target) : nullptr, 64);
    case TypeKind::Struct:
      return type.is_union ? builder_.createUnionType(in, type.name, in, 0, bits, 0, llvm::DINode::FlagZero,
                                                      builder_.getOrCreateArray({}))
                           : builder_.createStructType(in, type.name, in, 0, bits, 0, llvm::DINode::FlagZero,
                                                       nullptr, builder_.getOrCreateArray({}));
    case TypeKind::String:
    case TypeKind::Array: {
      const uint32_t count = type.is(TypeKind::String) ? type.size : type.count;
      llvm::DIType* element = type.target
                                  ? c_type(*type.target)
                                  : builder_.createBasicType("char", 8, llvm::dwarf::DW_ATE_signed_char);
      return builder_.createArrayType(bits, 0, element,
                                      builder_.getOrCreateArray({builder_.getOrCreateSubrange(0, count)}));
    }
    case TypeKind::Enum:
      return builder_.createEnumerationType(in, type.name, in, 0, bits, 0,
                                            builder_.getOrCreateArray({builder_.createEnumerator("none", 0)}),
                                            int_);
    case TypeKind::Void:
      return nullptr;
    default:
      return builder_.createBasicType(
          "integer", bits, type.is_signed ? llvm::dwarf::DW_ATE_signed : llvm::dwarf::DW_ATE_unsigned);
  }
}

void DebugInfo::describe_kernel_variable(llvm::GlobalVariable& variable, const Type& type) {
  if (!enabled_) return;
  llvm::DIFile* in = file(main_source_);
  variable.addDebugInfo(builder_.createGlobalVariableExpression(
      unit_, variable.getName(), variable.getName(), in, 0, c_type(type), false, /*isDefined=*/false));
}

void DebugInfo::describe_kernel_function(llvm::Function& function, const Type& result,
                                         const Type& parameter) {
  if (!enabled_) return;
  llvm::DIFile* in = file(main_source_);
  llvm::DISubroutineType* type =
      builder_.createSubroutineType(builder_.getOrCreateTypeArray({c_type(result), c_type(parameter)}));
  function.setSubprogram(builder_.createFunction(in, function.getName(), function.getName(), in, 0, type, 0,
                                                 llvm::DINode::FlagPrototyped,
                                                 llvm::DISubprogram::SPFlagOptimized));
}

llvm::DIType* DebugInfo::member_path(llvm::ArrayRef<MemberStep> path) {
  const auto& [structure, field, by_typedef] = path.front();
  llvm::DIFile* in = file(main_source_);
  const bool inner = path.size() > 1;
  llvm::DIType* type = inner ? member_path(path.drop_front()) : c_type(field->type);
  const uint64_t bits = uint64_t{field->type.size} * 8, offset = uint64_t{field->offset} * 8;
  llvm::DIType* member =
      field->bit_size > 0
          ? builder_.createBitFieldMemberType(in, field->name, in, 0, field->bit_size,
                                              offset + field->bit_offset, offset, llvm::DINode::FlagZero,
                                              type)
          : builder_.createMemberType(in, field->name, in, 0, bits, 0, offset, llvm::DINode::FlagZero, type);
  llvm::DINodeArray members = builder_.getOrCreateArray({member});
  const llvm::StringRef tag = by_typedef ? "" : llvm::StringRef(structure->name);
  // Of a structure that is only declared here the size is not known.
  const uint64_t size = 8 * std::max<uint64_t>(structure->size, field->offset + field->type.size);
  llvm::DIType* whole =
      structure->is_union
          ? builder_.createUnionType(in, tag, in, 0, size, 0, llvm::DINode::FlagZero, members)
          : builder_.createStructType(in, tag, in, 0, size, 0, llvm::DINode::FlagZero, nullptr, members);
  return by_typedef ? builder_.createTypedef(whole, structure->name, in, 0, in) : whole;
}

void DebugInfo::finish() {
  if (enabled_) builder_.finalize();
}

}  // namespace tracer

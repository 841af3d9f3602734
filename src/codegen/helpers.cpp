#include "codegen/helpers.h"

namespace tracer {
namespace {

enum class Effect : uint8_t { Any, Pure, OneMap };

struct HelperRow {
  const char* name;         // `map_lookup_elem`
  const char* host_symbol;  // `bpf_map_lookup_elem`
  uint32_t id;
  const char* signature;
  Effect effect;
};

constexpr HelperRow kHelpers[] = {
#define HELPER(name, id, signature, effect) {#name, "bpf_" #name, id, signature, Effect::effect},
#include "codegen/helpers.def"
#undef HELPER
};

const HelperRow& row(Helper helper) { return kHelpers[static_cast<size_t>(helper)]; }

llvm::Type* letter_type(llvm::LLVMContext& context, CodeTarget target, char letter) {
  switch (letter) {
    case 'v':
      return llvm::Type::getVoidTy(context);
    case 'p':
      return llvm::PointerType::get(context, 0);
    case 'u':
      // BPF registers hold it zero-extended; the host's ABI leaves the upper half undefined.
      return target == CodeTarget::Bpf ? llvm::Type::getInt64Ty(context) : llvm::Type::getInt32Ty(context);
    default:
      return llvm::Type::getInt64Ty(context);
  }
}

llvm::FunctionType* function_type(llvm::LLVMContext& context, CodeTarget target, const char* signature) {
  llvm::SmallVector<llvm::Type*, 5> parameters;
  for (const char* letter = signature + 1; *letter; letter++)
    parameters.push_back(letter_type(context, target, *letter));
  return llvm::FunctionType::get(letter_type(context, target, signature[0]), parameters, false);
}

llvm::Value* convert(llvm::IRBuilder<>& builder, llvm::Value* value, llvm::Type* to) {
  llvm::Type* from = value->getType();
  if (from == to) return value;
  if (to->isPointerTy()) return builder.CreateIntToPtr(value, to);
  if (from->isPointerTy()) return builder.CreatePtrToInt(value, to);
  return builder.CreateZExtOrTrunc(value, to);
}

llvm::Value* callee(llvm::IRBuilder<>& builder, CodeTarget target, const HelperRow& helper,
                    llvm::FunctionType* type) {
  if (target == CodeTarget::Bpf)
    return builder.CreateIntToPtr(builder.getInt64(helper.id), builder.getPtrTy());
  llvm::Module* module = builder.GetInsertBlock()->getModule();
  return module->getOrInsertFunction(helper.host_symbol, type).getCallee();
}

}  // namespace

const char* helper_name(Helper helper) { return row(helper).name; }

llvm::Value* call_helper(llvm::IRBuilder<>& builder, CodeTarget target, Helper helper,
                         llvm::ArrayRef<llvm::Value*> arguments) {
  const HelperRow& info = row(helper);
  llvm::FunctionType* type = function_type(builder.getContext(), target, info.signature);
  assert(arguments.size() == type->getNumParams());

  llvm::SmallVector<llvm::Value*, 5> converted;
  for (size_t i = 0; i < arguments.size(); i++)
    converted.push_back(convert(builder, arguments[i], type->getParamType(i)));

  llvm::CallInst* call = builder.CreateCall(type, callee(builder, target, info, type), converted);
  call->setDoesNotThrow();
  if (info.effect == Effect::Pure) {
    call->setDoesNotAccessMemory();
    call->addFnAttr(llvm::Attribute::WillReturn);
  }
  if (info.effect == Effect::OneMap) call->addFnAttr(llvm::Attribute::NoMerge);
  if (info.signature[0] == 'u') return builder.CreateZExt(call, builder.getInt64Ty());
  return call;
}

}  // namespace tracer

// strerror signal_name syscall_name: texts from tables that the program carries along.
#include <cstring>
#include <string>
#include <vector>

#include "codegen/builtins.h"
#include "codegen/syscall_names.h"

namespace tracer {
namespace {

constexpr int kErrors = 134, kSignals = 65;  // numbers that may have a text

// A read-only table: for each number the offset of its text, then the texts with their NULs.
struct TextTable {
  llvm::GlobalVariable* offsets = nullptr;  // uint16 each
  llvm::GlobalVariable* texts = nullptr;
  uint32_t numbers = 0;
};

// The text of a number; null when it has none.
using TextOf = const char* (*)(int number);

llvm::GlobalVariable* constant_table(ProgramEmitter& p, const std::string& name, llvm::Constant* content) {
  auto* table = new llvm::GlobalVariable(p.module.module, content->getType(), true,
                                         llvm::GlobalValue::InternalLinkage, content, name);
  table->setAlignment(llvm::Align(8));
  return table;
}

TextTable text_table(ProgramEmitter& p, const std::string& name, int numbers, TextOf text_of,
                     const char* unknown) {
  TextTable table;
  table.numbers = static_cast<uint32_t>(numbers);
  llvm::Module& module = p.module.module;
  table.offsets = module.getNamedGlobal(name + "_offsets");
  table.texts = module.getNamedGlobal(name + "_texts");
  if (table.offsets) return table;
  std::string texts = std::string(unknown) + '\0';
  std::vector<uint16_t> offsets;
  for (int number = 0; number < numbers; number++) {
    const char* text = text_of(number);
    offsets.push_back(text ? static_cast<uint16_t>(texts.size()) : 0);
    if (text) texts += std::string(text) + '\0';
  }
  llvm::LLVMContext& context = module.getContext();
  table.offsets = constant_table(p, name + "_offsets", llvm::ConstantDataArray::get(context, offsets));
  table.texts = constant_table(p, name + "_texts", llvm::ConstantDataArray::getString(context, texts, false));
  return table;
}

void write_text(ProgramEmitter& p, const BuiltinUse& use, llvm::Value* number, const TextTable& table) {
  auto& b = p.b;
  // Numbers without a text have the one that stands first.
  llvm::Value* offset = p.choose(
      b.CreateICmpULT(number, p.number(table.numbers)),
      [&]() -> llvm::Value* {
        llvm::Value* entry = b.CreateGEP(b.getInt16Ty(), table.offsets, number);
        return b.CreateZExt(b.CreateAlignedLoad(b.getInt16Ty(), entry, llvm::Align(2)), b.getInt64Ty());
      },
      [&] { return p.number(0); });
  const uint32_t size = use.expr.type.size;
  llvm::Value* text = b.CreateGEP(b.getInt8Ty(), table.texts, offset);
  p.read_string(b.CreatePtrToInt(text, b.getInt64Ty()), AddressSpace::Kernel, p.number(size), size, use.into);
}

const char* error_text(int number) { return number == 0 ? "Success" : strerrordesc_np(number); }
const char* signal_text(int number) { return sigdescr_np(number); }

}  // namespace

llvm::Value* lower_strerror(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* number = p.lower(*use.args[0]);
  llvm::Value* magnitude = p.b.CreateBinaryIntrinsic(llvm::Intrinsic::abs, number, p.b.getFalse());
  write_text(p, use, magnitude, text_table(p, "tracer_errors", kErrors, error_text, "Unknown error"));
  return nullptr;
}

llvm::Value* lower_signal_name(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* number = p.lower(*use.args[0]);
  write_text(p, use, number, text_table(p, "tracer_signals", kSignals, signal_text, "Unknown signal"));
  return nullptr;
}

llvm::Value* lower_syscall_name(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* number = p.lower(*use.args[0]);
  write_text(p, use, number, text_table(p, "tracer_syscalls", syscall_numbers(), syscall_text, "unknown"));
  return nullptr;
}

}  // namespace tracer

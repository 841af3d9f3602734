#include "codegen/instructions.h"

#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/Triple.h>

#include <memory>
#include <string>

namespace tracer {

namespace {

class Reader {
 public:
  explicit Reader(const llvm::Triple& triple) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetDisassembler();
    std::string error;
    const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple.str(), error);
    if (!target) return;
    registers_.reset(target->createMCRegInfo(triple.str()));
    subtarget_.reset(target->createMCSubtargetInfo(triple.str(), "", ""));
    if (!registers_ || !subtarget_) return;
    assembler_.reset(target->createMCAsmInfo(*registers_, triple.str(), llvm::MCTargetOptions()));
    context_ =
        std::make_unique<llvm::MCContext>(triple, assembler_.get(), registers_.get(), subtarget_.get());
    disassembler_.reset(target->createMCDisassembler(*subtarget_, *context_));
  }

  uint32_t size(std::span<const std::byte> code) const {
    if (!disassembler_) return 0;
    llvm::MCInst instruction;
    uint64_t size = 0;
    const llvm::ArrayRef bytes(reinterpret_cast<const uint8_t*>(code.data()), code.size());
    const auto read = disassembler_->getInstruction(instruction, size, bytes, 0, llvm::nulls());
    return read == llvm::MCDisassembler::Fail ? 0 : static_cast<uint32_t>(size);
  }

 private:
  std::unique_ptr<llvm::MCRegisterInfo> registers_;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget_;
  std::unique_ptr<llvm::MCAsmInfo> assembler_;
  std::unique_ptr<llvm::MCContext> context_;
  std::unique_ptr<llvm::MCDisassembler> disassembler_;
};

llvm::Triple triple(bool wide) {
  const llvm::Triple host(llvm::sys::getProcessTriple());
  return wide ? host.get64BitArchVariant() : host.get32BitArchVariant();
}

}  // namespace

uint32_t read_instruction(std::span<const std::byte> code, bool wide) {
  static const Reader wide_reader(triple(true));
  if (wide) return wide_reader.size(code);
  static const Reader narrow_reader(triple(false));
  return narrow_reader.size(code);
}

}  // namespace tracer

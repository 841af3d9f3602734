// path skboutput: helpers that take objects of the kernel.
#include <linux/bpf.h>

#include <cerrno>

#include "ast/limits.h"
#include "codegen/builtins.h"
#include "codegen/byte_source.h"
#include "codegen/typed_pointer.h"

namespace tracer {
namespace {

constexpr uint32_t kTime = 8, kLength = 16, kSkip = 20;  // in the header, see EventKind::Packet

llvm::Value* packet_header(ProgramEmitter& p, uint32_t event, uint64_t skip) {
  auto half = [&](uint64_t value) { return p.b.getInt32(static_cast<uint32_t>(value)); };
  llvm::Value* header = p.stack_temporary(kPacketHeaderSize);
  p.b.CreateAlignedStore(half(event), header, llvm::Align(8));
  p.b.CreateAlignedStore(half(p.program.probe), p.at(header, 4), llvm::Align(4));
  p.b.CreateAlignedStore(p.call(Helper::ktime_get_boot_ns, {}), p.at(header, kTime), llvm::Align(8));
  p.b.CreateAlignedStore(half(skip), p.at(header, kSkip), llvm::Align(4));
  return header;
}

llvm::Value* send_packet(ProgramEmitter& p, llvm::Value* packet, llvm::Value* header, llvm::Value* bytes) {
  p.b.CreateAlignedStore(p.b.CreateTrunc(bytes, p.b.getInt32Ty()), p.at(header, kLength), llvm::Align(8));
  // The number of bytes to copy stands in the upper half of the flags.
  llvm::Value* flags = p.b.CreateOr(p.b.CreateShl(bytes, 32), p.number(BPF_F_CURRENT_CPU));
  return p.call(Helper::skb_output,
                {packet, p.module.maps.packets(), flags, header, p.number(kPacketHeaderSize)});
}

}  // namespace

// The helper writes the name at the end of the memory and moves it to the start; what it leaves behind the
// name is not part of it.
llvm::Value* lower_path(ProgramEmitter& p, const BuiltinUse& use) {
  const uint32_t size = use.expr.type.size;
  llvm::Value* path = typed_pointer(p, *use.args[0]);
  llvm::Value* memory = p.zeroed_temporary(size);
  llvm::Value* code = p.call(Helper::d_path, {path, memory, p.number(size)});
  llvm::Value* failed = p.b.CreateICmpSLT(code, p.number(0));
  p.when(failed, [&] {
    p.count(use.expr.failure_counter, code);
    p.b.CreateAlignedStore(p.b.getInt8(0), memory, llvm::Align(1));
  });
  llvm::Value* address = p.b.CreatePtrToInt(memory, p.b.getInt64Ty());
  p.read_string(address, AddressSpace::Kernel, p.number(size), size, use.into);
  return nullptr;
}

// A record's header as user space wants it, and behind it the packet's bytes, which the kernel copies.
llvm::Value* lower_skboutput(ProgramEmitter& p, const BuiltinUse& use) {
  if (!use.event || !p.module.maps.packets()) {
    p.defect(use.expr.span, "a packet that is not in the plan");
    return p.number(0);
  }
  const uint64_t skip = use.args[3]->constant.value_or(0);
  llvm::Value* packet = typed_pointer(p, *use.args[1]);
  llvm::Value* bytes = bounded_length(p, *use.args[2], ast::kMostPacketBytes);
  llvm::Value* header = packet_header(p, *use.event, skip);
  llvm::Value* code = send_packet(p, packet, header, p.b.CreateAdd(bytes, p.number(skip)));
  if (skip > 0) {
    // The helper refuses to copy more than there is: the length given may count from the packet's start.
    llvm::Value* too_long = p.b.CreateICmpEQ(code, p.number(-EFAULT));
    code = p.choose(
        too_long, [&] { return send_packet(p, packet, header, bytes); }, [&] { return code; });
  }
  p.count_failure(use.expr.failure_counter, code);
  return p.canonical(code, use.expr.type);
}

}  // namespace tracer

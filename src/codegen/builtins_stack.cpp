// kstack ustack ksym usym: where the code stands.
#include <linux/bpf.h>

#include "codegen/builtins.h"
#include "codegen/user_unwinder.h"

namespace tracer {
namespace {

constexpr uint32_t kWord = 8;
constexpr uint32_t kNameSize = 16;  // of a task, in the kernel

// Calls the helper that writes frames of `frame_size` bytes each; gives how many.
llvm::Value* read_frames(ProgramEmitter& p, const BuiltinUse& use, Destination frames, uint32_t frame_size,
                         uint64_t flags) {
  const uint64_t room = uint64_t{use.expr.type.count} * frame_size;
  // The helper zeroes what it does not fill, also when it fails.
  llvm::Value* bytes =
      p.call(Helper::get_stack, {p.context(), frames.pointer, p.number(room), p.number(flags)});
  p.count_failure(use.expr.failure_counter, bytes);
  llvm::Value* failed = p.b.CreateICmpSLT(bytes, p.number(0));
  llvm::Value* count = p.b.CreateLShr(bytes, llvm::Log2_32(frame_size));
  return p.b.CreateSelect(failed, p.number(0), count);
}

void store_word(ProgramEmitter& p, llvm::Value* value, Destination into) {
  p.store(value, int_type(kWord, false), into.pointer, into.align);
}

// Tells user space of a process whose addresses are recorded, so that it looks at the process's mappings
// while they exist: at the first use, at the second, the fourth and so on, as more may have been mapped. A
// process that executes another program gets another name.
void remember_process(ProgramEmitter& p, llvm::Value* process) {
  if (!p.module.process_event) return;
  llvm::Value* key = p.zeroed_temporary(kWord + kNameSize);
  p.b.CreateAlignedStore(process, key, llvm::Align(kWord));
  p.call(Helper::get_current_comm, {p.at(key, kWord), p.number(kNameSize)});
  llvm::Value* map = p.module.maps.processes();
  llvm::Value* uses = p.call(Helper::map_lookup_elem, {map, key});
  llvm::Value* known = p.b.CreateIsNotNull(uses);
  llvm::Value* times = p.choose(
      known,
      [&] {
        llvm::Value* before = p.b.CreateAtomicRMW(llvm::AtomicRMWInst::Add, uses, p.number(1),
                                                  llvm::MaybeAlign(kWord), llvm::AtomicOrdering::Monotonic);
        return p.b.CreateAdd(before, p.number(1));
      },
      [&]() -> llvm::Value* {
        p.call(Helper::map_update_elem, {map, key, p.word(p.number(1)), p.number(BPF_ANY)});
        return p.number(1);
      });
  llvm::Value* lower_bits = p.b.CreateAnd(times, p.b.CreateSub(times, p.number(1)));
  p.when(p.b.CreateIsNull(lower_bits), [&] { p.send_event_value(*p.module.process_event, process); });
}

}  // namespace

llvm::Value* lower_kstack(ProgramEmitter& p, const BuiltinUse& use) {
  store_word(p, read_frames(p, use, p.at(use.into, kWord), kWord, 0), use.into);
  return nullptr;
}

llvm::Value* lower_ustack(ProgramEmitter& p, const BuiltinUse& use) {
  const bool build_id = use.expr.type.stack_mode == StackMode::BuildId;
  const uint64_t flags = BPF_F_USER_STACK | (build_id ? BPF_F_USER_BUILD_ID : 0);
  const uint32_t frame_size = build_id ? kBuildIdFrameSize : kWord;
  llvm::Value* process = p.b.CreateLShr(p.process_ids(), 32);
  const bool named = !build_id && use.expr.type.stack_mode != StackMode::Raw;
  if (named) remember_process(p, process);
  store_word(p, read_frames(p, use, p.at(use.into, 2 * kWord), frame_size, flags), use.into);
  store_word(p, process, p.at(use.into, kWord));
  return nullptr;
}

// The word behind the process tells whether the walk failed.
llvm::Value* lower_dw_ustack(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* process = p.b.CreateLShr(p.process_ids(), 32);
  if (p.module.target == CodeTarget::Host) {
    p.zero(use.into.pointer, use.into.align, use.expr.type.size);
    store_word(p, process, p.at(use.into, kWord));
    return nullptr;
  }
  if (use.expr.type.stack_mode != StackMode::Raw) remember_process(p, process);
  const UnwoundStack stack = unwind_user_stack(p, process, p.at(use.into, 2 * kWord), use.expr.type.count);
  store_word(p, stack.count, use.into);
  store_word(p, p.b.CreateOr(process, p.b.CreateShl(stack.failed, 32)), p.at(use.into, kWord));
  return nullptr;
}

// The address; user space names it when it is printed.
llvm::Value* lower_ksym(ProgramEmitter& p, const BuiltinUse& use) { return p.lower(*use.args[0]); }

void write_user_symbol(ProgramEmitter& p, llvm::Value* address, Destination into) {
  llvm::Value* process = p.b.CreateLShr(p.process_ids(), 32);
  remember_process(p, process);
  store_word(p, address, into);
  store_word(p, process, p.at(into, kWord));
}

llvm::Value* lower_usym(ProgramEmitter& p, const BuiltinUse& use) {
  write_user_symbol(p, p.lower(*use.args[0]), use.into);
  return nullptr;
}

}  // namespace tracer

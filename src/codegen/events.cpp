// Records sent to user space, and counters of what is lost.
#include <linux/bpf.h>

#include "codegen/program_emitter.h"

namespace tracer {
namespace {

const llvm::Align kWordAlign(8);
constexpr uint32_t kCounterCode = 8;  // offset of the last return code in a counter's slot

// Nothing but exit() may use more of the control ring, so that there is always room for the first
// one. One that finds no room even so comes after others that wait: it is not needed.
constexpr uint32_t kRoomForRequests = kControlRingBytes / 2;

}  // namespace

void ProgramEmitter::count(std::optional<uint32_t> counter, llvm::Value* code) {
  if (!counter) return;
  llvm::Value* slot = call(Helper::map_lookup_elem, {module.maps.counters(), array_key(*counter)});
  when(b.CreateIsNotNull(slot), [&] {
    b.CreateAtomicRMW(llvm::AtomicRMWInst::Add, slot, number(1), llvm::MaybeAlign(8),
                      llvm::AtomicOrdering::Monotonic);
    b.CreateAlignedStore(code, at(slot, kCounterCode), kWordAlign);
  });
}

llvm::Value* ProgramEmitter::open_record(const EventPlan& event, uint32_t index,
                                         llvm::BasicBlock* otherwise) {
  if (!writes_to_iterator(event)) return reserve(event, index, otherwise);
  llvm::Value* record = temporary(event.size);
  b.CreateAlignedStore(b.getInt32(index), record, kWordAlign);
  b.CreateAlignedStore(b.getInt32(program.probe), at(record, 4), llvm::Align(4));
  if (event.control) b.CreateAlignedStore(number(0), at(record, kDataHeaderSize), kWordAlign);
  return record;
}

void ProgramEmitter::close_record(const EventPlan& event, llvm::Value* record) {
  if (writes_to_iterator(event))
    call(Helper::seq_write, {iterator_output(), record, number(event.size)});
  else
    call(Helper::ringbuf_submit, {record, number(0)});
}

// The record with its header. Goes on at `otherwise` when there is no room.
llvm::Value* ProgramEmitter::reserve(const EventPlan& event, uint32_t index, llvm::BasicBlock* otherwise) {
  llvm::BasicBlock* there = block("reserved");
  llvm::BasicBlock* lost = block("lost");
  // Before the record is there: what is made from now on comes after it.
  llvm::Value* after = nullptr;
  if (event.control)
    after = module.maps.data_ring()
                ? call(Helper::ringbuf_query, {module.maps.data_ring(), number(BPF_RB_PROD_POS)})
                : number(0);
  llvm::Value* first = nullptr;
  llvm::BasicBlock* first_block = nullptr;
  if (event.either_ring) {
    llvm::BasicBlock* second_try = block("full");
    first = call(Helper::ringbuf_reserve, {module.maps.data_ring(), number(event.size), number(0)});
    first_block = b.GetInsertBlock();
    b.CreateCondBr(b.CreateIsNull(first), second_try, there);
    b.SetInsertPoint(second_try);
  }
  llvm::Value* record = reserve_in_its_ring(event, lost);
  llvm::BasicBlock* record_block = b.GetInsertBlock();
  b.CreateCondBr(b.CreateIsNull(record), lost, there);

  b.SetInsertPoint(lost);
  // One exit() is always there, and processes are no events of the script.
  if (event.kind != EventKind::Exit && event.kind != EventKind::ProcessSeen)
    count(event.counted_as_data() ? probe_counters().lost_event : probe_counters().lost_control, number(0));
  b.CreateBr(otherwise);

  b.SetInsertPoint(there);
  if (first) {
    llvm::PHINode* either = b.CreatePHI(b.getPtrTy(), 2);
    either->addIncoming(first, first_block);
    either->addIncoming(record, record_block);
    record = either;
  }
  b.CreateAlignedStore(b.getInt32(index), record, kWordAlign);
  b.CreateAlignedStore(b.getInt32(program.probe), at(record, 4), llvm::Align(4));
  if (after) b.CreateAlignedStore(after, at(record, kDataHeaderSize), kWordAlign);
  return record;
}

// Goes on at `lost` when requests would take the room that is kept for exit().
llvm::Value* ProgramEmitter::reserve_in_its_ring(const EventPlan& event, llvm::BasicBlock* lost) {
  llvm::Value* ring = event.control ? module.maps.control_ring() : module.maps.data_ring();
  if (event.control && event.kind != EventKind::Exit) {
    llvm::Value* waiting = call(Helper::ringbuf_query, {ring, number(BPF_RB_AVAIL_DATA)});
    llvm::BasicBlock* room = block("room");
    b.CreateCondBr(b.CreateICmpULT(waiting, number(kRoomForRequests)), room, lost);
    b.SetInsertPoint(room);
  }
  return call(Helper::ringbuf_reserve, {ring, number(event.size), number(0)});
}

// Bytes of the record that no argument takes.
void ProgramEmitter::clear_gaps(const EventPlan& event, llvm::Value* record) {
  uint32_t end = event.control ? kControlHeaderSize : kDataHeaderSize;
  auto clear = [&](uint32_t to) {
    for (; end < to && end % 8; end++) b.CreateAlignedStore(b.getInt8(0), at(record, end), llvm::Align(1));
    if (end < to) zero(at(record, end), kWordAlign, to - end);
  };
  for (const Field& argument : event.arguments) {
    clear(argument.offset);
    end = argument.offset + argument.type.size;
  }
  clear(event.size);
}

void ProgramEmitter::send_event(uint32_t index, llvm::ArrayRef<const ast::Expr*> arguments) {
  const EventPlan& event = plan.events[index];
  if (event.kind == EventKind::Printf && is_pinned_iterator()) return print_to_iterator(event, arguments);
  // What changes something is done whether or not there is room, and after what stands to the left
  // of it; the rest goes into the record without a detour.
  std::vector<llvm::Value*> early(arguments.size(), nullptr);
  size_t first_of_rest = arguments.size();
  while (first_of_rest > 0 && !has_effects(*arguments[first_of_rest - 1])) first_of_rest--;
  for (size_t i = 0; i < first_of_rest; i++) {
    early[i] = lower(*arguments[i]);
    if (!in_memory(arguments[i]->type)) early[i] = word(canonical(early[i], arguments[i]->type));
  }

  llvm::BasicBlock* done = block("sent");
  llvm::Value* record = open_record(event, index, done);
  for (size_t i = 0; i < arguments.size() && i < event.arguments.size(); i++) {
    const Field& field = event.arguments[i];
    Destination into = at({record, kWordAlign, Destination::Rest::Any}, field.offset);
    if (early[i])
      convert(early[i], kWordAlign, arguments[i]->type, field.type, into);
    else
      lower_into(*arguments[i], field.type, into);
  }
  clear_gaps(event, record);
  close_record(event, record);
  enter(done);
}

void ProgramEmitter::send_event_by(uint32_t index, const std::function<void(llvm::Value*)>& fill) {
  const EventPlan& event = plan.events[index];
  llvm::BasicBlock* done = block("sent");
  llvm::Value* record = open_record(event, index, done);
  fill(record);
  clear_gaps(event, record);
  close_record(event, record);
  enter(done);
}

void ProgramEmitter::send_event_value(uint32_t index, llvm::Value* value) {
  const EventPlan& event = plan.events[index];
  send_event_by(index, [&](llvm::Value* record) {
    if (event.arguments.empty()) return;
    Destination into = at({record, kWordAlign, Destination::Rest::Any}, event.arguments[0].offset);
    store(value, event.arguments[0].type, into.pointer, into.align);
  });
}

}  // namespace tracer

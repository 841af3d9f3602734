// Iterators: what they write goes into the file that the kernel gives to whoever reads the iterator, in
// order and without loss. The records are those of the data ring, so that user space prints them in the
// same way.
#include "codegen/program_emitter.h"
#include "plan/kernel_format.h"

namespace tracer {
namespace {

const llvm::Align kWordAlign(8);

}  // namespace

bool ProgramEmitter::writes_to_iterator(const EventPlan& event) const {
  if (probe().provider != Provider::Iter || is_pinned_iterator()) return false;
  // exit() takes effect where it stands among what is printed.
  return event.kind == EventKind::Printf || event.kind == EventKind::Exit;
}

bool ProgramEmitter::is_pinned_iterator() const {
  return probe().provider == Provider::Iter && !probe().targets.front().module.empty();
}

// The same text, made by the kernel, since there is no tracer where a pinned iterator is read. Which
// conversions there are, the type rules have checked (kernel_format.h).
void ProgramEmitter::print_to_iterator(const EventPlan& event, llvm::ArrayRef<const ast::Expr*> arguments) {
  std::vector<llvm::Value*> words;
  std::string format;
  for (const FormatPiece& piece : event.format) {
    if (piece.conversion == Conversion::Text) {
      format += kernel_format_text(piece.text);
      continue;
    }
    const ast::Expr& argument = *arguments[words.size()];
    format += kernel_conversion(piece);
    llvm::Value* value = lower(argument);
    if (in_memory(argument.type))
      value = b.CreatePtrToInt(value, b.getInt64Ty());
    else
      value = cut_for_kernel(piece, argument.type, value);
    words.push_back(value);
  }
  const auto size = static_cast<uint32_t>(format.size() + 1);
  llvm::Value* text = temporary(size);
  write_string(format, size, {text, kWordAlign, Destination::Rest::Any});
  llvm::Value* data = words.empty() ? null() : temporary(static_cast<uint32_t>(8 * words.size()));
  for (size_t i = 0; i < words.size(); i++) b.CreateAlignedStore(words[i], at(data, 8 * i), kWordAlign);
  call(Helper::seq_printf, {iterator_output(), text, number(size), data, number(8 * words.size())});
}

// As printf in user space cuts it (LANGUAGE 8.3): to the length that is written, else to the argument's
// own, 32 bits at least.
llvm::Value* ProgramEmitter::cut_for_kernel(const FormatPiece& piece, const Type& type, llvm::Value* value) {
  const uint32_t bits = 8 * (piece.length ? piece.length : std::max(type.size, 4u));
  if (bits >= 64) return value;
  llvm::Value* cut = b.CreateTrunc(value, b.getIntNTy(bits));
  const bool is_signed = piece.conversion == Conversion::Signed;
  return is_signed ? b.CreateSExt(cut, b.getInt64Ty()) : b.CreateZExt(cut, b.getInt64Ty());
}

// `ctx->meta->seq`, by plain loads, for the helper takes nothing but a pointer of which the kernel knows the
// type. Both are the first fields of their structs.
llvm::Value* ProgramEmitter::iterator_output() {
  llvm::Value* pointer = opaque(context());
  for (int step = 0; step < 2; step++)
    pointer = b.CreateAlignedLoad(b.getPtrTy(), pointer, kWordAlign, /*isVolatile=*/true);
  return pointer;
}

// After the last object the kernel calls the program once more, without one.
void ProgramEmitter::skip_last_call(llvm::BasicBlock* otherwise) {
  const auto& offset = program.context.object_offset;
  if (!offset) return;
  llvm::Value* place = at(opaque(context()), *offset);
  llvm::Value* object = b.CreateAlignedLoad(b.getPtrTy(), place, kWordAlign, /*isVolatile=*/true);
  llvm::BasicBlock* there = block("object");
  b.CreateCondBr(b.CreateIsNull(object), otherwise, there);
  b.SetInsertPoint(there);
}

}  // namespace tracer

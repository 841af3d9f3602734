// fprintf debugf join assert cgroup_path: the less common ways to say something.
#include <algorithm>

#include "codegen/builtins.h"
#include "plan/format.h"

namespace tracer {
namespace {

constexpr uint32_t kWord = 8;

// The format as bpf_trace_printk() takes it. Integers without length are printed in the width of their type
// (LANGUAGE, Decisions), and pointers as they are: the kernel would hide them.
std::string kernel_format(std::string_view text, const std::vector<ast::Expr*>& args) {
  FormatError error;
  std::string out;
  size_t next = 1;
  for (const FormatPiece& piece : parse_format(text, error)) {
    if (piece.conversion == Conversion::Text) {
      for (char c : piece.text) out += c == '%' ? "%%" : std::string(1, c);
      continue;
    }
    const bool wide = piece.length == kWord || (next < args.size() && args[next]->type.size == kWord);
    const char* width = wide ? "ll" : "";
    ++next;
    switch (piece.conversion) {
      case Conversion::String:
        out += "%s";
        break;
      case Conversion::Pointer:
        out += "0x%llx";
        break;
      case Conversion::Signed:
        out += std::string("%") + width + "d";
        break;
      case Conversion::Unsigned:
        out += std::string("%") + width + "u";
        break;
      default:
        out += std::string("%") + width + "x";
        break;
    }
  }
  return out;
}

// One string of the array into the record: true (i1) when the list ended.
llvm::Value* join_one(ProgramEmitter& p, llvm::Value* array, AddressSpace space, llvm::Value* slot,
                      uint32_t capacity, llvm::Value* i) {
  llvm::Value* pointer = p.word(p.number(0));
  p.probe_read(pointer, p.number(kWord), p.b.CreateAdd(array, p.b.CreateMul(i, p.number(kWord))), space);
  llvm::Value* address = p.b.CreateAlignedLoad(p.b.getInt64Ty(), pointer, llvm::Align(kWord));
  p.b.CreateAlignedStore(p.b.getInt8(0), slot, llvm::Align(1));
  llvm::Value* ended = p.b.CreateIsNull(address);
  p.when(p.b.CreateNot(ended), [&] {
    p.read_string(address, space, p.number(capacity), capacity,
                  {slot, llvm::Align(1), Destination::Rest::Any});
  });
  return ended;
}

}  // namespace

llvm::Value* lower_fprintf(ProgramEmitter& p, const BuiltinUse& use) {
  if (use.event)
    p.send_event(*use.event, std::vector<const ast::Expr*>(use.args.begin() + 2, use.args.end()));
  else
    p.defect(use.expr.span, "an event that is not in the plan");
  return nullptr;
}

llvm::Value* lower_debugf(ProgramEmitter& p, const BuiltinUse& use) {
  const auto* text = ast::as<ast::StringLiteral>(use.args[0]);
  if (!text) {
    p.defect(use.expr.span, "debugf() without a literal format");
    return nullptr;
  }
  const std::string format = kernel_format(text->value, use.args);
  const auto size = static_cast<uint32_t>(format.size()) + 1;
  llvm::Value* memory = p.temporary(size);
  p.write_string(format, size, {memory, llvm::Align(kWord), Destination::Rest::Any});
  llvm::Value* values[3] = {p.number(0), p.number(0), p.number(0)};
  for (size_t i = 1; i < use.args.size() && i <= std::size(values); i++)
    values[i - 1] = p.lower(*use.args[i]);
  p.call(Helper::trace_printk, {memory, p.number(size), values[0], values[1], values[2]});
  return nullptr;
}

llvm::Value* lower_join(ProgramEmitter& p, const BuiltinUse& use) {
  if (!use.event) {
    p.defect(use.expr.span, "an event that is not in the plan");
    return nullptr;
  }
  const ast::Expr& source = *use.args[0];
  AddressSpace space = source.type.is(TypeKind::Pointer) ? source.type.space : p.program.context.space;
  llvm::Value* array = nullptr;
  if (in_memory(source.type)) {
    // What is in our own memory is the kernel's, too.
    Lvalue place = p.place_of(source);
    array = place.own ? p.b.CreatePtrToInt(place.address, p.b.getInt64Ty()) : place.address;
    space = place.own ? AddressSpace::Kernel : place.space;
  } else {
    array = p.lower(source);
  }
  const Field& strings = p.plan.events[*use.event].arguments[0];
  const uint32_t capacity = strings.type.target->size;
  p.send_event_by(*use.event, [&](llvm::Value* record) {
    llvm::Value* first = p.at(record, strings.offset);
    p.repeat(p.number(strings.type.count), [&](llvm::Value* i) {
      llvm::Value* slot = p.b.CreateGEP(p.b.getInt8Ty(), first, p.b.CreateMul(i, p.number(capacity)));
      return join_one(p, array, space, slot, capacity, i);
    });
  });
  return nullptr;
}

llvm::Value* lower_cgroup_path(ProgramEmitter& p, const BuiltinUse& use) {
  const auto* filter = use.args.size() > 1 ? ast::as<ast::StringLiteral>(use.args[1]) : nullptr;
  const auto& strings = p.plan.strings;
  const auto found = std::find(strings.begin(), strings.end(), filter ? filter->value : "");
  if (found == strings.end()) p.defect(use.expr.span, "the filter of cgroup_path() is not in the plan");
  const Type word = int_type(kWord, false);
  llvm::Value* id = p.lower(*use.args[0]);
  p.store(p.number(static_cast<uint64_t>(found - strings.begin())), word, use.into.pointer, use.into.align);
  Destination second = p.at(use.into, kWord);
  p.store(id, word, second.pointer, second.align);
  return nullptr;
}

// Replaced before code is made.
llvm::Value* lower_assert(ProgramEmitter& p, const BuiltinUse& use) {
  p.defect(use.expr.span, "assert() that was not taken apart");
  return nullptr;
}

}  // namespace tracer

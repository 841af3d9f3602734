// args argN retval func probe: what the probe itself says.
#include "codegen/builtins.h"
#include "probes/registers.h"

namespace tracer {

// The same value, of which LLVM no longer knows where it comes from.
llvm::Value* ProgramEmitter::opaque(llvm::Value* pointer) {
  auto* type = llvm::FunctionType::get(pointer->getType(), {pointer->getType()}, false);
  return b.CreateCall(llvm::InlineAsm::get(type, "", "=r,0", /*hasSideEffects=*/true), {pointer});
}

// The verifier rewrites loads from the context and wants each at a constant offset of the pointer it
// gave. Volatile keeps LLVM from merging or moving them, the opaque pointer from computing an address
// once for several of them.
llvm::Value* ProgramEmitter::load_context(uint32_t offset, const Type& type) {
  uint32_t size = std::clamp<uint32_t>(type.size, 1, 8);
  llvm::Value* value = b.CreateAlignedLoad(b.getIntNTy(8 * size), at(opaque(context()), offset),
                                           llvm::Align(std::bit_floor(size)), /*isVolatile=*/true);
  return canonical(b.CreateZExt(value, b.getInt64Ty()), type);
}

llvm::Value* ProgramEmitter::argument(const ProbeArgument& argument) {
  const Type word = int_type(8, false);
  const ArgumentPlace& place = argument.place;
  switch (place.kind) {
    case ArgumentPlace::Kind::Register: {
      auto offset = argument_offset(place.index);
      if (!offset) {
        defect({}, "an argument that is not passed in a register");
        return number(0);
      }
      return canonical(load_context(*offset, word), argument.type);
    }
    case ArgumentPlace::Kind::ReturnRegister:
      return canonical(load_context(result_offset(), word), argument.type);
    case ArgumentPlace::Kind::Slot: {
      if (!argument.type.is(TypeKind::Pointer))
        return canonical(load_context(8 * place.index, word), argument.type);
      // Loaded directly it would be a typed pointer to the verifier, with which little arithmetic
      // is allowed. Read like other memory it is a number.
      llvm::Value* memory = this->word(number(0));
      probe_read(memory, number(8), at(context(), 8 * place.index), AddressSpace::Kernel);
      return b.CreateAlignedLoad(b.getInt64Ty(), memory, llvm::Align(8));
    }
    case ArgumentPlace::Kind::ContextBytes:
      return load_context(place.offset, argument.type);
    case ArgumentPlace::Kind::DataLocation: {
      // Length in the upper half, offset in the lower: from the record's start, or from the field's end.
      llvm::Value* location = load_context(place.offset, int_type(4, false));
      llvm::Value* base = b.CreatePtrToInt(context(), b.getInt64Ty());
      return b.CreateAdd(base, b.CreateAdd(b.CreateAnd(location, 0xffff), number(place.index)));
    }
  }
  return number(0);
}

void ProgramEmitter::argument_into(const ProbeArgument& argument, const Type& type, Destination into) {
  const ArgumentPlace& place = argument.place;
  // A structure passed by value fills slots one after the other, as it lies in memory.
  bool slots = place.kind == ArgumentPlace::Kind::Slot;
  if (!slots && place.kind != ArgumentPlace::Kind::ContextBytes)
    return defect({}, "an argument that is passed by value in registers");
  llvm::Value* address = b.CreateAdd(b.CreatePtrToInt(context(), b.getInt64Ty()),
                                     number(slots ? 8 * place.index : place.offset));
  read_into({address, false, AddressSpace::Kernel}, type, into);
}

llvm::Value* lower_args(ProgramEmitter& p, const BuiltinUse& use) {
  const ProbeContext& context = p.program.context;
  const auto& fields = *use.expr.type.fields;
  p.zero(use.into.pointer, use.into.align, use.expr.type.size);  // what lies between the fields
  for (size_t i = 0; i < fields.size(); i++) {
    const ProbeArgument& argument = i < context.arguments.size() ? context.arguments[i] : *context.result;
    const Destination into = p.at(use.into, fields[i].offset);
    if (in_memory(fields[i].type))
      p.argument_into(argument, fields[i].type, into);
    else
      p.store(p.argument(argument), fields[i].type, into.pointer, into.align);
  }
  return nullptr;
}

llvm::Value* lower_arg_number(ProgramEmitter& p, const BuiltinUse& use) {
  ProbeArgument argument{"", int_type(8, false), {ArgumentPlace::Kind::Register, use.arg_number, 0}};
  if (p.program.context.context == ContextKind::Slots) argument.place.kind = ArgumentPlace::Kind::Slot;
  return p.argument(argument);
}

llvm::Value* lower_retval(ProgramEmitter& p, const BuiltinUse& use) {
  if (const auto& result = p.program.context.result) {
    if (!use.into.pointer) return p.argument(*result);
    p.argument_into(*result, use.expr.type, use.into);
    return nullptr;
  }
  p.defect(use.expr.span, "`retval` in a probe without result");
  return p.number(0);
}

llvm::Value* lower_func(ProgramEmitter& p, const BuiltinUse&) {
  const auto& targets = p.probe().targets;
  // Inside a function the helper knows nothing.
  if (!targets.empty() && targets[0].offset && p.program.context.context == ContextKind::PtRegs)
    return p.load_context(ip_offset(), int_type(8, false));
  return p.call(Helper::get_func_ip, {p.context()});
}

llvm::Value* lower_probe(ProgramEmitter& p, const BuiltinUse& use) {
  p.write_string(p.probe().name, use.expr.type.size, use.into);
  return nullptr;
}

}  // namespace tracer

// args argN retval func probe: what the probe itself says.
#include "codegen/builtins.h"
#include "probes/registers.h"

namespace tracer {

llvm::Value* ProgramEmitter::opaque(llvm::Value* value) {
  auto* type = llvm::FunctionType::get(value->getType(), {value->getType()}, false);
  return b.CreateCall(llvm::InlineAsm::get(type, "", "=r,0", /*hasSideEffects=*/true), {value});
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

// Register, scaled register and displacement, added up.
static llvm::Value* operand_sum(ProgramEmitter& p, const ArgumentPlace& place) {
  const Type word = int_type(8, false);
  llvm::Value* sum = p.number(static_cast<uint64_t>(place.displacement));
  if (place.base >= 0) sum = p.b.CreateAdd(sum, p.load_context(static_cast<uint32_t>(place.base), word));
  if (place.index_register >= 0) {
    llvm::Value* index = p.load_context(static_cast<uint32_t>(place.index_register), word);
    sum = p.b.CreateAdd(sum, p.b.CreateMul(index, p.number(place.scale)));
  }
  return sum;
}

// An argument of user code, where the program has it.
static llvm::Value* operand(ProgramEmitter& p, const ProbeArgument& argument) {
  const ArgumentPlace& place = argument.place;
  if (place.kind == ArgumentPlace::Kind::UserRegister && place.displacement == 0)
    return p.load_context(static_cast<uint32_t>(place.base), argument.type);
  llvm::Value* sum = operand_sum(p, place);
  if (place.kind == ArgumentPlace::Kind::UserRegister) return p.canonical(sum, argument.type);
  llvm::Value* memory = p.word(p.number(0));
  p.probe_read(memory, p.number(argument.type.size), sum, AddressSpace::User);
  return p.load(memory, argument.type, llvm::Align(8));
}

// For functions whose number of arguments, and so the place of the result, only the kernel knows.
llvm::Value* ProgramEmitter::function_result() {
  llvm::Value* memory = stack_temporary(8);
  b.CreateAlignedStore(number(0), memory, llvm::Align(8));
  call(Helper::get_func_ret, {context(), memory});
  return b.CreateAlignedLoad(b.getInt64Ty(), memory, llvm::Align(8));
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
    case ArgumentPlace::Kind::SyscallRegister: {
      llvm::Value* registers = load_context(*argument_offset(0), word);
      llvm::Value* memory = this->word(number(0));
      llvm::Value* address = b.CreateAdd(registers, number(syscall_argument_offset(place.index)));
      probe_read(memory, number(8), address, AddressSpace::Kernel);
      return canonical(b.CreateAlignedLoad(b.getInt64Ty(), memory, llvm::Align(8)), argument.type);
    }
    case ArgumentPlace::Kind::ReturnRegister:
      if (program.context.context == ContextKind::Slots) return canonical(function_result(), argument.type);
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
    case ArgumentPlace::Kind::Constant:
      return canonical(number(static_cast<uint64_t>(place.displacement)), argument.type);
    case ArgumentPlace::Kind::UserRegister:
    case ArgumentPlace::Kind::UserMemory:
      return operand(*this, argument);
  }
  return number(0);
}

// A small structure that is passed by value in registers, one word in each.
static void registers_into(ProgramEmitter& p, const ArgumentPlace& place, const Type& type,
                           Destination into) {
  constexpr uint32_t kWord = 8;
  const uint32_t words = (type.size + kWord - 1) / kWord;
  llvm::Value* whole = p.temporary(words * kWord);
  for (uint32_t i = 0; i < words; ++i) {
    const bool numbered = place.kind == ArgumentPlace::Kind::Register;
    const auto offset = numbered ? argument_offset(place.index + i) : static_cast<uint32_t>(place.base);
    if (!offset || (i > 0 && !numbered)) return p.defect({}, "an argument that is not passed in registers");
    p.store(p.load_context(*offset, int_type(kWord, false)), int_type(kWord, false), p.at(whole, i * kWord),
            llvm::Align(kWord));
  }
  p.copy(into.pointer, into.align, whole, llvm::Align(kWord), type.size);
}

void ProgramEmitter::argument_into(const ProbeArgument& argument, const Type& type, Destination into) {
  const ArgumentPlace& place = argument.place;
  if (place.kind == ArgumentPlace::Kind::UserMemory)
    return read_into({operand_sum(*this, place), false, AddressSpace::User}, type, into);
  if (place.kind == ArgumentPlace::Kind::Register || place.kind == ArgumentPlace::Kind::UserRegister)
    return registers_into(*this, place, type, into);
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
  if (provider_info(p.probe().provider).arguments_by_target) {
    const auto& places = p.program.context.arguments;
    return use.arg_number < places.size() ? p.argument(places[use.arg_number]) : p.number(0);
  }
  ProbeArgument argument{"", int_type(8, false), {ArgumentPlace::Kind::Register, use.arg_number, 0}};
  // What a raw tracepoint passes may be a pointer, which is a number for scripts.
  const ArgumentPlace::Kind kind = p.program.context.numbered_place;
  if (kind == ArgumentPlace::Kind::Slot) argument.type = void_pointer_type(AddressSpace::Kernel);
  argument.place.kind = kind;
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

llvm::Value* lower_func(ProgramEmitter& p, const BuiltinUse& use) {
  if (use.expr.type.is(TypeKind::UserSymbol)) {
    // At the probe itself the code stands where the kernel has put it.
    const bool at_return = provider_info(p.program.context.provider).is_return;
    write_user_symbol(p,
                      at_return ? p.call(Helper::get_func_ip, {p.context()})
                                : p.load_context(ip_offset(), int_type(8, false)),
                      use.into);
    return nullptr;
  }
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

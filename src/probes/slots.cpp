#include "probes/slots.h"

namespace tracer {

uint32_t slots_of(const Type& type) {
  return type.is(TypeKind::Struct) && type.size > 8 ? (type.size + 7) / 8 : 1;
}

uint32_t argument_slots(const FunctionType& prototype) {
  uint32_t slots = 0;
  for (const Field& parameter : prototype.parameters) slots += slots_of(parameter.type);
  return slots;
}

ProbeContext slot_context(const FunctionType& prototype) {
  ProbeContext context;
  context.context = ContextKind::Slots;
  context.space = AddressSpace::Kernel;
  uint32_t slot = 0;
  for (const Field& parameter : prototype.parameters) {
    if (!parameter.name.empty() && !parameter.type.is(TypeKind::None))
      context.arguments.push_back({parameter.name, parameter.type, {ArgumentPlace::Kind::Slot, slot, 0}});
    slot += slots_of(parameter.type);
  }
  context.has_named_arguments = true;
  return context;
}

}  // namespace tracer

// Values that every probe has: the task, the time, the CPU.
#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {

Type type_uint32(BuiltinUse&, TypeResolver&) { return int_type(4, false); }
Type type_uint64(BuiltinUse&, TypeResolver&) { return int_type(8, false); }

Type type_nsecs(BuiltinUse& use, TypeResolver& types) {
  Type type = int_type(8, false);
  if (use.args.empty()) return type;
  if (!use.args[0]->type.is(TypeKind::TimestampMode)) {
    if (!use.args[0]->type.is(TypeKind::Error)) types.diags().report(use.args[0]->span, diag::clock_expected);
    return error_type();
  }
  type.clock = static_cast<ClockMode>(*use.args[0]->constant);
  return type;
}

// Its members are looked up only when one is used.
Type type_curtask(BuiltinUse&, TypeResolver&) {
  Type task;
  task.kind = TypeKind::Struct;
  task.name = "task_struct";
  task.space = AddressSpace::Kernel;
  return pointer_type(std::move(task), AddressSpace::Kernel);
}

}  // namespace tracer::ast

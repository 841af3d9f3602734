// Registers and the program's context (LANGUAGE 6.1, 6.4).
#include <fmt/ranges.h>

#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"
#include "base/text.h"
#include "probes/registers.h"

namespace tracer::ast {
namespace {

Type kernel_struct_pointer(const char* name) {
  Type structure;
  structure.kind = TypeKind::Struct;
  structure.name = name;
  structure.space = AddressSpace::Kernel;
  return pointer_type(std::move(structure), AddressSpace::Kernel);
}

std::vector<std::string> register_names() {
  std::vector<std::string> names;
  for (const Register& each : registers().registers) names.emplace_back(each.name);
  return names;
}

}  // namespace

Type type_reg(BuiltinUse& use, TypeResolver& types) {
  const StringLiteral* name = text_argument(use, 0, types);
  if (name && !register_offset(name->value)) {
    const std::vector<std::string> names = register_names();
    std::string advice = did_you_mean(name->value, names);
    if (advice.empty()) advice = fmt::format("registers are {}", fmt::join(names, ", "));
    types.diags().report(name->span, diag::unknown_register, name->value).hint(advice);
  }
  return int_type(8, false);
}

Type type_stack_argument(BuiltinUse& use, TypeResolver& types) {
  types.diags()
      .report(use.span, diag::stack_argument_deprecated, static_cast<const Identifier&>(use.node).name)
      .hint("read it yourself: `*(uint64*)(reg(\"sp\") + 8)` is the first one");
  return int_type(8, false);
}

Type type_ctx(BuiltinUse& use, TypeResolver& types) {
  const ProbeContext& context = types.context();
  switch (context.context) {
    case ContextKind::PtRegs:
      return kernel_struct_pointer("pt_regs");
    case ContextKind::PerfEvent:
      return kernel_struct_pointer("bpf_perf_event_data");
    case ContextKind::Iterator:
      return kernel_struct_pointer(context.context_type.c_str());
    case ContextKind::Tracepoint:
      types.diags().report(use.span, diag::ctx_in_tracepoint);
      return error_type();
    default:
      return wrong_probe(use, types);
  }
}

Type type_usermode(BuiltinUse&, TypeResolver&) { return int_type(1, false); }

}  // namespace tracer::ast

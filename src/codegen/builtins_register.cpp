// reg sargN ctx usermode: the state of the code that was interrupted.
#include "codegen/builtins.h"
#include "probes/registers.h"

namespace tracer {
namespace {

const Type kWord = int_type(8, false);

bool has_registers(ContextKind context) {
  // struct bpf_perf_event_data begins with the registers.
  return context == ContextKind::PtRegs || context == ContextKind::PerfEvent;
}

}  // namespace

llvm::Value* lower_reg(ProgramEmitter& p, const BuiltinUse& use) {
  const auto* name = ast::as<ast::StringLiteral>(use.args[0]);
  const auto offset = name ? register_offset(name->value) : std::nullopt;
  if (offset && has_registers(p.program.context.context)) return p.load_context(*offset, kWord);
  p.defect(use.expr.span, "reg() of something that is no register");
  return p.number(0);
}

llvm::Value* lower_stack_argument(ProgramEmitter& p, const BuiltinUse& use) {
  llvm::Value* top = p.load_context(sp_offset(), kWord);
  llvm::Value* address = p.b.CreateAdd(top, p.number(stack_argument_offset(use.arg_number)));
  llvm::Value* memory = p.word(p.number(0));
  p.probe_read(memory, p.number(8), address, p.program.context.space);
  return p.b.CreateAlignedLoad(p.b.getInt64Ty(), memory, llvm::Align(8));
}

llvm::Value* lower_ctx(ProgramEmitter& p, const BuiltinUse&) {
  return p.b.CreatePtrToInt(p.context(), p.b.getInt64Ty());
}

// What user space starts runs on its behalf; tracing programs that interrupt nothing run in the kernel.
llvm::Value* lower_usermode(ProgramEmitter& p, const BuiltinUse&) {
  switch (p.probe().provider) {
    case Provider::Begin:
    case Provider::End:
    case Provider::Self:
    case Provider::Test:
    case Provider::Bench:
      return p.number(1);
    default:
      break;
  }
  if (p.module.target == CodeTarget::Host) return p.number(1);
  const auto level = privilege_level();
  if (!level || !has_registers(p.program.context.context)) return p.number(0);
  llvm::Value* bits = p.b.CreateAnd(p.load_context(level->offset, kWord), p.number(level->mask));
  return p.b.CreateZExt(p.b.CreateICmpEQ(bits, p.number(level->mask)), p.b.getInt64Ty());
}

}  // namespace tracer

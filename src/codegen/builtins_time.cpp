// nsecs elapsed strftime, and the CPU's facts: cpu ncpus numaid rand.
#include <algorithm>

#include "codegen/builtins.h"

namespace tracer {

llvm::Value* lower_nsecs(ProgramEmitter& p, const BuiltinUse& use) {
  switch (use.expr.type.clock) {
    case ClockMode::Boot:
      return p.call(Helper::ktime_get_boot_ns, {});
    case ClockMode::Monotonic:
      return p.call(Helper::ktime_get_ns, {});
    case ClockMode::Tai:
      return p.call(Helper::ktime_get_tai_ns, {});
    case ClockMode::SoftwareTai:
      return p.b.CreateAdd(p.call(Helper::ktime_get_boot_ns, {}), p.fact(&RunFacts::tai_offset_ns));
  }
  return p.number(0);
}

llvm::Value* lower_elapsed(ProgramEmitter& p, const BuiltinUse&) {
  return p.b.CreateSub(p.call(Helper::ktime_get_boot_ns, {}), p.fact(&RunFacts::start_boot_ns));
}

llvm::Value* lower_strftime(ProgramEmitter& p, const BuiltinUse& use) {
  auto* format = ast::as<ast::StringLiteral>(use.args[0]);
  const auto& strings = p.plan.strings;
  auto found = format ? std::find(strings.begin(), strings.end(), format->value) : strings.end();
  if (found == strings.end()) p.defect(use.expr.span, "the format of strftime() is not in the plan");
  const Type word = int_type(8, false);
  llvm::Value* time = p.lower(*use.args[1]);
  p.store(p.number(found - strings.begin()), word, use.into.pointer, use.into.align);
  Destination second = p.at(use.into, 8);
  p.store(time, word, second.pointer, second.align);
  return nullptr;
}

llvm::Value* lower_cpu(ProgramEmitter& p, const BuiltinUse&) {
  return p.call(Helper::get_smp_processor_id, {});
}

llvm::Value* lower_numaid(ProgramEmitter& p, const BuiltinUse&) {
  return p.call(Helper::get_numa_node_id, {});
}

llvm::Value* lower_ncpus(ProgramEmitter& p, const BuiltinUse&) { return p.fact(&RunFacts::possible_cpus); }

llvm::Value* lower_rand(ProgramEmitter& p, const BuiltinUse&) { return p.call(Helper::get_prandom_u32, {}); }

}  // namespace tracer

#include "codegen/module_emitter.h"

namespace tracer {
namespace {

std::vector<ProbeCounters> counters_by_probe(const Plan& plan) {
  std::vector<ProbeCounters> result(plan.probes.size());
  for (uint32_t slot = 0; slot < plan.counters.size(); slot++) {
    const CounterPlan& counter = plan.counters[slot];
    if (counter.probe >= result.size()) continue;
    ProbeCounters& probe = result[counter.probe];
    if (counter.kind == CounterKind::LostEvent) probe.lost_event = slot;
    if (counter.kind == CounterKind::LostControl) probe.lost_control = slot;
    if (counter.kind == CounterKind::ProbeMissed) probe.missed = slot;
  }
  return result;
}

std::optional<uint32_t> find_process_event(const Plan& plan) {
  for (uint32_t i = 0; i < plan.events.size(); i++)
    if (plan.events[i].kind == EventKind::ProcessSeen) return i;
  return {};
}

uint32_t main_source(const ast::CheckedScript& script) {
  return script.programs.empty() ? 0 : script.programs.back().clause->span.source;
}

}  // namespace

ModuleEmitter::ModuleEmitter(const ast::CheckedScript& checked, const Sources& sources, CodeTarget target,
                             llvm::Module& module)
    : script(checked),
      plan(checked.plan),
      target(target),
      module(module),
      debug(module, sources, main_source(checked), target),
      maps(module, debug, checked.plan, target),
      facts(read_run_facts()),
      counters(counters_by_probe(checked.plan)),
      process_event(find_process_event(checked.plan)) {}

llvm::GlobalVariable* ModuleEmitter::saved_facts() {
  constexpr const char* kName = "tracer_facts";
  if (llvm::GlobalVariable* known = module.getNamedGlobal(kName)) return known;
  static_assert(sizeof(RunFacts) % sizeof(uint64_t) == 0);
  auto* type = llvm::ArrayType::get(llvm::Type::getInt64Ty(module.getContext()), sizeof(RunFacts) / 8);
  // Not said to be constant: LLVM would take the zeros for what the programs find.
  auto* variable = new llvm::GlobalVariable(module, type, false, llvm::GlobalValue::ExternalLinkage,
                                            llvm::ConstantAggregateZero::get(type), kName);
  variable->setSection(kFactsSection);
  variable->setAlignment(llvm::Align(8));
  return variable;
}

llvm::GlobalVariable* ModuleEmitter::kernel_variable(const std::string& name, const Type& type) {
  if (llvm::GlobalVariable* known = module.getNamedGlobal(name)) return known;
  auto* variable = new llvm::GlobalVariable(module, llvm::Type::getInt8Ty(module.getContext()), true,
                                            llvm::GlobalValue::ExternalLinkage, nullptr, name);
  variable->setSection(".ksyms");
  debug.describe_kernel_variable(*variable, type);
  return variable;
}

llvm::Function* ModuleEmitter::kernel_function(const char* name, const Type& result, const Type& parameter) {
  if (llvm::Function* known = module.getFunction(name)) return known;
  llvm::LLVMContext& context = module.getContext();
  auto type_of = [&](const Type& type) -> llvm::Type* {
    if (type.is(TypeKind::Void)) return llvm::Type::getVoidTy(context);
    if (type.is(TypeKind::Pointer)) return llvm::PointerType::getUnqual(context);
    return llvm::Type::getIntNTy(context, 8 * type.size);
  };
  auto* function =
      llvm::Function::Create(llvm::FunctionType::get(type_of(result), {type_of(parameter)}, false),
                             llvm::Function::ExternalLinkage, name, module);
  function->setSection(".ksyms");
  debug.describe_kernel_function(*function, result, parameter);
  return function;
}

}  // namespace tracer

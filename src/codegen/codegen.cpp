#include "codegen/codegen.h"

#include "codegen/module_emitter.h"
#include "codegen/module_impl.h"
#include "codegen/program_emitter.h"

namespace tracer {

Result<Module> generate(const ast::CheckedScript& script, const Sources& sources, CodeTarget target,
                        StackUse stack) {
  auto impl = make_module(target);
  if (!impl) return std::unexpected(impl.error());

  ModuleEmitter module(script, sources, target, *(*impl)->module);
  module.stack = stack;
  for (const ast::Program& program : script.programs) {
    ProgramEmitter(module, program).emit();
    if (!module.defect.empty()) return fail("cannot generate code: " + module.defect);
  }
  module.maps.finish(module.scratch_size);
  module.debug.finish();
  (*impl)->scratch_size = module.scratch_size;
  if (auto verified = verify_module(**impl); !verified) return std::unexpected(verified.error());
  return Module(std::move(*impl));
}

}  // namespace tracer

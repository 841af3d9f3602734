#include "cli/compile.h"

#include <fmt/format.h>

#include <cstdio>

#include "ast/format_script.h"
#include "base/files.h"
#include "btf/type_db.h"
#include "cli/preamble.h"
#include "codegen/codegen.h"
#include "codegen/imported_objects.h"
#include "codegen/instructions.h"

namespace tracer {

namespace {

void show_stage(const Options& options, const char* stage, const char* heading, const std::string& text) {
  if (options.debug(stage)) fmt::print(stderr, "{}\n{}\n", heading, text);
}

}  // namespace

Result<std::optional<Compiled>> compile(const Options& options, const ast::CheckOptions& check_options,
                                        Sources& sources, ast::Ast& script, KernelInfo& kernel,
                                        Diagnostics& diags) {
  TypeDb& types = kernel.types();
  ast::CheckOptions how = check_options;
  std::unique_ptr<PreambleMacros> preamble;
  if (!script.script.c_items.empty() || !options.headers.include_files.empty()) {
    preamble = std::make_unique<PreambleMacros>(script.script, sources, options.headers, types, diags);
    if (diags.has_errors()) return std::nullopt;
    how.c_macros = preamble.get();
  }
  ImportedObjects objects;
  objects.prepare(script.script, options.user_session, options.headers.include_dirs, diags);
  if (diags.has_errors()) return std::nullopt;
  kernel.set_instruction_reader(read_instruction);
  ast::CheckedScript checked = ast::check(script, sources, how, kernel, types, diags);
  if (options.debug("ast")) show_stage(options, "ast", "AST after: check", ast::dump(script.script));
  if (diags.has_errors()) return std::nullopt;
  if (checked.help) return Compiled{.help = std::move(checked.help)};
  if (options.list) return Compiled{.plan = std::move(checked.plan)};

  CodeTarget target = options.user_session ? CodeTarget::Host : CodeTarget::Bpf;
  auto module = generate(checked, sources, target);
  if (!module) return std::unexpected(module.error());
  if (options.debug("ir")) show_stage(options, "ir", "LLVM IR", module->ir());
  if (!options.emit_llvm.empty())
    if (auto done = write_file(options.emit_llvm + ".original.ll", module->ir()); !done)
      return std::unexpected(done.error());

  optimise(*module);
  if (options.debug("ir-opt")) show_stage(options, "ir-opt", "LLVM IR, optimised", module->ir());
  if (!options.emit_llvm.empty())
    if (auto done = write_file(options.emit_llvm + ".optimized.ll", module->ir()); !done)
      return std::unexpected(done.error());
  if (options.debug("asm") && target == CodeTarget::Bpf) {
    auto text = disassemble(*module);
    if (!text) return std::unexpected(text.error());
    show_stage(options, "asm", "BPF instructions", *text);
  }

  Compiled compiled;
  compiled.plan = std::move(checked.plan);
  if (target == CodeTarget::Host) {
    auto session = make_user_session(std::move(*module), compiled.plan);
    if (!session) return std::unexpected(session.error());
    compiled.user_session = std::move(*session);
  } else {
    auto artifact = emit_artifact(*module, compiled.plan);
    if (artifact) artifact = objects.link(std::move(*artifact));
    if (!artifact) return std::unexpected(artifact.error());
    compiled.artifact = std::move(*artifact);
  }
  if (options.debug("plan")) show_stage(options, "plan", "Plan", plan_to_text(compiled.plan));
  return compiled;
}

}  // namespace tracer

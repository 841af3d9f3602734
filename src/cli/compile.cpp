#include "cli/compile.h"

#include "ast/dump_types.h"
#include "ast/format_script.h"
#include "base/files.h"
#include "btf/type_db.h"
#include "cli/debug_stages.h"
#include "cli/preamble.h"
#include "codegen/bpf_elf.h"
#include "codegen/codegen.h"
#include "codegen/imported_objects.h"
#include "codegen/instructions.h"

namespace tracer {

namespace {

constexpr const char* kNoObject = "none: with --user the script runs in this process";

void show_instructions(const Options& options, CodeTarget target, Module& module) {
  show_stage(options, "asm", "BPF instructions", [&]() -> std::string {
    if (target == CodeTarget::Host) return kNoObject;
    auto text = disassemble(module);
    return text ? *text : text.error().text;
  });
}

void show_object(const Options& options, const Compiled& compiled) {
  show_stage(options, "obj", "Object", [&]() -> std::string {
    if (compiled.artifact.empty()) return kNoObject;
    auto text = describe_object(compiled.artifact);
    return text ? *text : text.error().text;
  });
}

Result<Module> generated_module(const Options& options, const ast::CheckedScript& checked,
                                const Sources& sources, CodeTarget target, StackUse stack) {
  auto module = generate(checked, sources, target, stack);
  if (!module) return module;
  show_stage(options, "ir", "LLVM IR", [&] { return module->ir(); });
  if (!options.emit_llvm.empty())
    if (auto done = write_file(options.emit_llvm + ".original.ll", module->ir()); !done)
      return std::unexpected(done.error());
  return module;
}

Result<void> improve(const Options& options, CodeTarget target, Module& module) {
  optimise(module);
  show_stage(options, "ir-opt", "LLVM IR, optimised", [&] { return module.ir(); });
  if (!options.emit_llvm.empty())
    if (auto done = write_file(options.emit_llvm + ".optimized.ll", module.ir()); !done) return done;
  show_instructions(options, target, module);
  return {};
}

// LLVM cannot be stopped on its way: what may take it longer than a moment is done where it can be ended.
bool is_done_apart(const Module& module, const WaitForWork& wait) {
  constexpr size_t kMany = 2000;  // instructions: 0.1 s or so
  return wait && module.instructions() > kMany;
}

Result<std::string> artifact_of(const Options& options, const ast::CheckedScript& checked,
                                const Sources& sources, Module& module, StackUse stack) {
  if (auto done = improve(options, CodeTarget::Bpf, module); !done) return std::unexpected(done.error());
  auto artifact = emit_artifact(module, checked.plan);
  if (!module.exceeds_stack() || stack == StackUse::Least) return artifact;
  auto smaller = generated_module(options, checked, sources, CodeTarget::Bpf, StackUse::Least);
  if (!smaller) return std::unexpected(smaller.error());
  return artifact_of(options, checked, sources, *smaller, StackUse::Least);
}

Result<std::string> make_artifact(const Options& options, const ast::CheckedScript& checked,
                                  const Sources& sources, const WaitForWork& wait) {
  auto module = generated_module(options, checked, sources, CodeTarget::Bpf, StackUse::Usual);
  if (!module) return std::unexpected(module.error());
  const auto make = [&] { return artifact_of(options, checked, sources, *module, StackUse::Usual); };
  return is_done_apart(*module, wait) ? work_in_child(make, wait) : make();
}

Result<Module> make_host_module(const Options& options, const ast::CheckedScript& checked,
                                const Sources& sources, const WaitForWork& wait) {
  auto module = generated_module(options, checked, sources, CodeTarget::Host, StackUse::Usual);
  if (!module) return module;
  const auto make = [&]() -> Result<std::string> {
    if (auto done = improve(options, CodeTarget::Host, *module); !done) return std::unexpected(done.error());
    return emit_native_code(*module);
  };
  auto code = is_done_apart(*module, wait) ? work_in_child(make, wait) : make();
  if (!code) return std::unexpected(code.error());
  use_native_code(*module, std::move(*code));
  return module;
}

}  // namespace

Result<std::optional<Compiled>> compile(const Options& options, const ast::CheckOptions& check_options,
                                        Sources& sources, ast::Ast& script, KernelInfo& kernel,
                                        Diagnostics& diags, SharedMaps* shared_maps,
                                        const WaitForWork& wait) {
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
  show_stage(options, "parse", "Parsed", [&] { return ast::dump(script.script); });
  how.after_pass = tree_watcher(options, script.script);
  ast::CheckedScript checked = ast::check(script, sources, how, kernel, types, diags);
  if (diags.has_errors()) return std::nullopt;
  if (checked.help) return Compiled{.help = std::move(checked.help)};
  if (options.list) return Compiled{.plan = std::move(checked.plan)};

  show_stage(options, "types", "Types", [&] { return ast::dump_types(checked); });
  Compiled compiled;
  if (options.user_session) {
    auto module = make_host_module(options, checked, sources, wait);
    if (!module) return std::unexpected(module.error());
    auto session = make_user_session(std::move(*module), checked.plan, shared_maps);
    if (!session) return std::unexpected(session.error());
    compiled.user_session = std::move(*session);
  } else {
    auto artifact = make_artifact(options, checked, sources, wait);
    if (artifact) artifact = objects.link(std::move(*artifact));
    if (!artifact) return std::unexpected(artifact.error());
    compiled.artifact = std::move(*artifact);
  }
  compiled.plan = std::move(checked.plan);
  compiled.map_places = std::move(checked.map_places);
  show_object(options, compiled);
  show_stage(options, "plan", "Plan", [&] { return plan_to_text(compiled.plan); });
  return compiled;
}

}  // namespace tracer

// tracer: the command. Wires the stages together; the only place that chooses exit statuses.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <iterator>

#include "ast/format_script.h"
#include "base/files.h"
#include "btf/type_db.h"
#include "cli/compile.h"
#include "cli/options.h"
#include "cli/privileges.h"
#include "parser/parse.h"
#include "probes/provider.h"
#include "runtime/child.h"
#include "runtime/run.h"
#include "runtime/symbols.h"

namespace tracer {

namespace {

// LANGUAGE 10.2.
constexpr int kScriptError = 1;
constexpr int kLoadError = 255;

int complain(const Error& error, int status) {
  fmt::print(stderr, "ERROR: {}\n", error.text);
  if (!error.hint.empty()) fmt::print(stderr, "HINT: {}\n", error.hint);
  return status;
}

void print_diagnostics(const Diagnostics& diags, const Sources& sources, bool warnings) {
  for (const Diagnostic& diagnostic : diags.all())
    if (warnings || diagnostic.kind->severity == Severity::Error)
      fmt::print(stderr, "{}", render(diagnostic, sources));
}

struct ScriptText {
  std::string name;
  std::string text;
};

Result<ScriptText> read_script(const Options& options) {
  if (options.program) return ScriptText{"stdin", *options.program};
  if (options.file == "-") {
    std::string text(std::istreambuf_iterator<char>(std::cin), {});
    return ScriptText{"stdin", std::move(text)};
  }
  auto text = read_file(options.file);
  if (!text) return std::unexpected(text.error());
  return ScriptText{options.file, std::move(*text)};
}

bool is_object(const std::string& text) {
  return text.starts_with(
      "\x7f"
      "ELF");
}

void turn_off_features(const Options& options, KernelInfo& kernel) {
  for (const std::string& feature : options.features_off)
    if (feature == "kprobe_multi") kernel.turn_off(KernelInfo::Feature::KprobeMulti);
}

int list(const Options& options) {
  KernelInfo kernel({}, {}, options.traceable_functions);
  turn_off_features(options, kernel);
  TypeDb& types = kernel.types();
  std::string pattern = options.list_pattern.empty() ? "*" : options.list_pattern;
  auto done = list_probes(pattern, kernel, types, [](const std::string& probe) {
    return fputs(probe.c_str(), stdout) >= 0 && fputc('\n', stdout) >= 0;
  });
  return done ? 0 : complain(done.error(), kScriptError);
}

int format(const Options& options, const ast::Ast& script, const Sources& sources) {
  std::string text = ast::format_script(script.script, sources);
  if (options.output_file.empty()) {
    fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  }
  // Written beside and moved, so that the file is whole at every moment.
  std::string beside = options.output_file + ".tmp";
  if (auto done = write_file(beside, text); !done) return complain(done.error(), kScriptError);
  if (rename(beside.c_str(), options.output_file.c_str()) != 0)
    return complain({fmt::format("failed to write file '{}': {}", options.output_file, strerror(errno)), {}},
                    kScriptError);
  return 0;
}

int child_status(ChildProcess& child) {
  int status = 0;
  if (!child.finished(&status)) return 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int run_session(const Options& options, Compiled& compiled, ChildProcess* child, KernelInfo& kernel) {
  std::unique_ptr<Session> session = std::move(compiled.user_session);
  if (!session) {
    KernelSessionOptions how;
    how.target_pid = options.pid;
    how.verbose = options.verbose;
    how.show_verifier_log = options.debug("verifier");
    how.show_libbpf = options.debug("libbpf");
    auto made = make_kernel_session(compiled.artifact, compiled.plan, how, kernel);
    if (!made) return complain(made.error(), kLoadError);
    session = std::move(*made);
  }

  Symbols symbols;
  OutputOptions where;
  where.format = options.format;
  where.buffering = options.buffering;
  where.file = options.output_file;
  where.quiet = options.quiet;
  where.warnings = !options.no_warnings;
  auto output = make_output(where, compiled.plan, symbols);
  if (!output) return complain(output.error(), kScriptError);
  if (auto loaded = session->load(); !loaded) return complain(loaded.error(), kLoadError);

  RunOptions how;
  how.child = child;
  how.target_pid = options.pid;
  how.also_k_warnings = options.k_warnings;
  how.warnings = !options.no_warnings;
  how.dry_run = options.dry_run;
  auto status = run(*session, compiled.plan, **output, how);
  if (!status) return complain(status.error(), kLoadError);
  if (*status == 0 && child && options.child_status) return child_status(*child);
  return *status;
}

int run_script(const Options& options) {
  auto read = read_script(options);
  if (!read) return complain(read.error(), kScriptError);
  KernelInfo kernel({}, {}, options.traceable_functions);
  turn_off_features(options, kernel);
  Compiled compiled;
  std::unique_ptr<ChildProcess> child;
  bool needs_kernel = !options.user_session && options.emit_elf.empty();

  if (options.pid != 0 && kill(options.pid, 0) != 0 && errno == ESRCH)
    return complain({fmt::format("Failed to attach to pid: Unable to open pidfd ({})", strerror(errno)), {}},
                    kScriptError);
  auto start_child = [&]() -> Result<void> {
    if (options.command.empty()) return {};
    auto started = ChildProcess::start(options.command);
    if (!started) return std::unexpected(started.error());
    child = std::move(*started);
    return {};
  };

  if (is_object(read->text)) {
    auto plan = read_plan(read->text);
    if (!plan) return complain(plan.error(), kScriptError);
    compiled.plan = std::move(*plan);
    compiled.artifact = std::move(read->text);
    if (auto allowed = check_privileges(); !allowed) return complain(allowed.error(), kScriptError);
    if (auto started = start_child(); !started) return complain(started.error(), kScriptError);
    return run_session(options, compiled, child.get(), kernel);
  }

  Sources sources;
  Diagnostics diags;
  uint32_t source = sources.add(read->name, std::move(read->text));
  ast::Ast script = parse(sources, source, diags);
  if (diags.has_errors() || options.fmt) {
    print_diagnostics(diags, sources, !options.no_warnings);
    return diags.has_errors() ? kScriptError : format(options, script, sources);
  }

  if (needs_kernel)
    if (auto allowed = check_privileges(); !allowed) return complain(allowed.error(), kScriptError);
  if (auto started = start_child(); !started) return complain(started.error(), kScriptError);

  ast::CheckOptions how;
  how.positional = options.positional;
  how.unsafe = options.unsafe;
  how.user_session = options.user_session;
  how.target_pid = options.pid;
  how.child_pid = child ? child->pid() : 0;
  how.probe_filter = options.probe_filter;
  auto result = compile(options, how, sources, script, kernel, diags);
  print_diagnostics(diags, sources, !options.no_warnings);
  if (!result) return complain(result.error(), kLoadError);
  if (!*result) return kScriptError;
  compiled = std::move(**result);

  if (!options.emit_elf.empty()) {
    auto done = write_file(options.emit_elf, compiled.artifact);
    return done ? 0 : complain(done.error(), kScriptError);
  }
  if (compiled.plan.probes.empty()) {
    if (!options.quiet) puts("No probes to attach");
    return kScriptError;
  }
  return run_session(options, compiled, child.get(), kernel);
}

int main(int argc, const char* const* argv) {
  ParsedOptions parsed = parse_options(argc, argv);
  if (!parsed.options) {
    fputs(parsed.text.c_str(), parsed.to_stderr ? stderr : stdout);
    return parsed.status;
  }
  return parsed.options->list ? list(*parsed.options) : run_script(*parsed.options);
}

}  // namespace

}  // namespace tracer

int main(int argc, char** argv) {
  int status = tracer::main(argc, argv);
  // Everything that must outlive the process is released by its owner above or by the kernel;
  // running static destructors would cost start-up time again.
  fflush(nullptr);
  _exit(status);
}

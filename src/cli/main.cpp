// tracer: the command. Wires the stages together; the only place that chooses exit statuses.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <iterator>

#include "ast/format_script.h"
#include "base/colour.h"
#include "base/files.h"
#include "base/standard_files.h"
#include "base/text.h"
#include "btf/type_db.h"
#include "cli/compile.h"
#include "cli/info.h"
#include "cli/interactive/interactive.h"
#include "cli/options.h"
#include "cli/saved.h"
#include "cli/settings.h"
#include "cli/shebang.h"
#include "elf/debug_files.h"
#include "parser/imports.h"
#include "parser/parse.h"
#include "probes/kernel_features.h"
#include "probes/provider.h"
#include "runtime/child.h"
#include "runtime/launch.h"
#include "runtime/privileges.h"
#include "runtime/saved_object.h"
#include "runtime/signals.h"

namespace tracer {

namespace {

void print_diagnostics(const Diagnostics& diags, const Sources& sources, bool warnings) {
  for (const Diagnostic& diagnostic : diags.all())
    if (warnings || diagnostic.kind->severity == Severity::Error)
      fputs(coloured_message(render(diagnostic, sources)).c_str(), stderr);
}

struct ScriptText {
  std::string name;
  std::string text;
};

// Not `-e`, not standard input.
bool is_file(const Options& options) { return !options.program && options.file != "-"; }

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

void turn_off_features(const Options& options, KernelInfo& kernel) {
  for (const OptionalFeature& each : kOptionalFeatures)
    if (std::ranges::find(options.features_off, each.name) != options.features_off.end())
      kernel.turn_off(each.feature);
}

bool print_line(const std::string& line) {
  return fputs(line.c_str(), stdout) >= 0 && fputc('\n', stdout) >= 0;
}

// On standard error, so that what reads the listing gets none of it.
int tell_nothing_found(const std::string& pattern, const std::string& near) {
  fmt::print(stderr, "WARNING: nothing is named `{}`\nHINT: {}\n", pattern,
             near.empty()
                 ? "`*` stands for any characters: 'kprobe:*read*'; 'tracepoint:*' are all of a provider"
                 : near);
  return 0;
}

// What a name may be meant for, among those of the same provider and group.
std::string near_names(const std::string& pattern, const Options& options, KernelInfo& kernel,
                       TypeDb& types) {
  const size_t colon = pattern.rfind(':');
  if (colon == std::string::npos || has_wildcard(pattern)) return {};
  std::vector<std::string> names;
  const ListLine keep = [&](const std::string& line) {
    const std::string_view name = std::string_view(line).substr(0, line.find_last_not_of(':') + 1);
    names.emplace_back(name.substr(name.rfind(':') + 1));
    return true;
  };
  (void)list_probes(pattern.substr(0, colon) + ":*", {false, options.pid}, kernel, types, keep);
  return did_you_mean(pattern.substr(colon + 1), names);
}

int list(const Options& options) {
  if (options.pid != 0 && ::kill(options.pid, 0) != 0 && errno == ESRCH)
    return complain(
        {fmt::format("there is no process {}", options.pid), "`ps -e` shows those that there are"},
        kScriptError);
  KernelInfo kernel({}, {}, options.traceable_functions);
  turn_off_features(options, kernel);
  TypeDb& types = kernel.types();
  const std::string pattern = options.list_pattern.empty() ? "*" : options.list_pattern;
  bool any = false;
  const ListLine print = [&](const std::string& line) { return any = true, print_line(line); };
  auto done = list_types(pattern, options.verbose, types, print);
  if (!done) done = list_probes(pattern, {options.verbose, options.pid}, kernel, types, print);
  if (!*done) return complain(done->error(), kScriptError);
  return any ? 0 : tell_nothing_found(pattern, near_names(pattern, options, kernel, types));
}

int info(const Options& options) {
  if (auto allowed = check_privileges(); !allowed) return complain(allowed.error(), kScriptError);
  KernelInfo kernel({}, {}, options.traceable_functions);
  turn_off_features(options, kernel);
  fputs(info_text(kernel).c_str(), stdout);
  return 0;
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

int run_session(const Options& options, Compiled& compiled, ChildProcess* child, KernelInfo& kernel) {
  LaunchOptions how;
  how.session = session_options(options);
  if (child) {
    how.session.target_pid = child->pid();
    how.session.child_program = child->path();
  }
  how.output = output_options(options);
  how.run.child = child;
  how.run.target_pid = options.pid;
  how.run.also_k_warnings = options.k_warnings;
  how.run.warnings = !options.no_warnings;
  how.run.dry_run = options.dry_run;
  how.run.mode = options.mode;
  how.child_status = options.child_status;
  return launch(compiled.plan, compiled.artifact, std::move(compiled.user_session), how, kernel);
}

int save(const Options& options, const std::string& artifact) {
  auto done = write_saved(options, artifact);
  return done ? 0 : complain(done.error(), kScriptError);
}

// A saved object in place of a script.
int run_object(const Options& options, std::string artifact, KernelInfo& kernel) {
  auto plan = read_plan(artifact);
  if (!plan) return complain(plan.error(), kScriptError);
  if (auto fits = check_object_options(options, *plan); !fits) return complain(fits.error(), kScriptError);
  if (options.debug("plan")) fmt::print(stderr, "Plan\n{}\n", plan_to_text(*plan));
  if (options.list) {
    list_plan(*plan, options.verbose, kernel, kernel.types(), print_line);
    return 0;
  }
  if (!options.unsafe)
    if (auto safe = check_unsafe(*plan); !safe) return complain(safe.error(), kScriptError);
  if (!options.aot.empty()) return save(options, artifact);
  if (auto allowed = check_privileges(); !allowed) return complain(allowed.error(), kScriptError);
  std::unique_ptr<ChildProcess> child;
  if (!options.command.empty()) {
    auto started = ChildProcess::start(options.command);
    if (!started) return complain(started.error(), kScriptError);
    child = std::move(*started);
  }
  Compiled compiled;
  compiled.plan = std::move(*plan);
  compiled.artifact = std::move(artifact);
  return run_session(options, compiled, child.get(), kernel);
}

int run_script(const Options& options) {
  auto read = read_script(options);
  if (!read) return complain(read.error(), kScriptError);
  KernelInfo kernel({}, {}, options.traceable_functions);
  turn_off_features(options, kernel);
  Compiled compiled;
  std::unique_ptr<ChildProcess> child;
  const bool runs = !options.compile_only && !options.compiler_bench && !options.saves() && !options.list;
  bool needs_kernel = !options.user_session && runs;

  if (options.pid != 0 && kill(options.pid, 0) != 0 && errno == ESRCH)
    return complain({fmt::format("Failed to attach to pid: Unable to open pidfd ({})", strerror(errno)), {}},
                    kScriptError);
  for (const int32_t pid : options.dwarf_pids)
    if (runs && kill(pid, 0) != 0 && errno == ESRCH)
      return complain({fmt::format("--dwarf-pid: there is no process {}", pid), {}}, kScriptError);
  auto start_child = [&]() -> Result<void> {
    if (options.command.empty()) return {};
    auto started = ChildProcess::start(options.command);
    if (!started) return std::unexpected(started.error());
    child = std::move(*started);
    return {};
  };

  if (is_object(read->text)) return run_object(options, std::move(read->text), kernel);

  Sources sources;
  Diagnostics diags;
  uint32_t source = sources.add(read->name, std::move(read->text));
  ast::Ast script = parse(sources, source, diags);
  // A script with syntax errors may mean other imports than it says.
  if (!options.fmt && !diags.has_errors())
    resolve_imports(script, sources, is_file(options) ? options.file : "", diags);
  if (diags.has_errors() || options.fmt) {
    print_diagnostics(diags, sources, !options.no_warnings);
    return diags.has_errors() ? kScriptError : format(options, script, sources);
  }

  // A script that only tells its options needs no privileges.
  const bool asks_help =
      std::ranges::find(options.named, "help", &ast::NamedParameter::name) != options.named.end();
  if (needs_kernel && !asks_help)
    if (auto allowed = check_privileges(); !allowed) return complain(allowed.error(), kScriptError);
  if (auto started = start_child(); !started) return complain(started.error(), kScriptError);

  ast::CheckOptions how = check_options(options);
  if (child) {
    how.child_pid = child->pid();
    how.child_program = child->path();
  }
  const auto begun = std::chrono::steady_clock::now();
  auto result = compile(options, how, sources, script, kernel, diags);
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begun;
  print_diagnostics(diags, sources, !options.no_warnings && !asks_help);
  if (!result) return complain(result.error(), kLoadError);
  if (!*result) return kScriptError;
  compiled = std::move(**result);
  if (compiled.help) {
    fputs(compiled.help->c_str(), stdout);
    return 0;
  }
  if (options.list) {
    list_plan(compiled.plan, options.verbose, kernel, kernel.types(), print_line);
    return 0;
  }
  if (needs_kernel && asks_help)
    if (auto allowed = check_privileges(); !allowed) return complain(allowed.error(), kScriptError);

  if (options.saves()) return save(options, compiled.artifact);
  if (options.compiler_bench) {
    const BenchmarkTable table;
    fmt::print("{}{}", table.header(), table.row({"compile", static_cast<uint64_t>(took.count()), 1}));
  }
  if (!runs) return 0;
  return run_session(options, compiled, child.get(), kernel);
}

// Listings and the like: a full disk is told there too.
int written(int status) {
  if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE) return status;
  const std::string why = strerror(errno);
  complain({"failed to write to standard output: " + why, {}}, kScriptError);
  return status == 0 ? kScriptError : status;
}

int main(int argc, const char* const* argv) {
  const std::vector<std::string> words = split_shebang(argc, argv);
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  ParsedOptions parsed = parse_options(static_cast<int>(arguments.size()), arguments.data());
  if (!parsed.options) {
    fputs(parsed.text.c_str(), parsed.to_stderr ? stderr : stdout);
    return parsed.status;
  }
  const Options& options = *parsed.options;
  if (!options.debug_folders.empty())
    set_debug_folders(fmt::format("{}", fmt::join(options.debug_folders, ":")));
  if (options.info) return info(options);
  if (options.interactive || !options.watch.empty()) return run_interactive(options);
  const bool has_script = options.program || !options.file.empty();
  return options.list && !has_script ? list(options) : run_script(options);
}

}  // namespace

}  // namespace tracer

int main(int argc, char** argv) {
  tracer::open_standard_files();
  tracer::expect_children();
  const int status = tracer::written(tracer::main(argc, argv));
  // Everything that must outlive the process is released by its owner above or by the kernel;
  // running static destructors would cost start-up time again.
  fflush(nullptr);
  _exit(status);
}

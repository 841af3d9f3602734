#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "base/text.h"

namespace tracer {

namespace {

constexpr const char* kUsage =
    "USAGE:\n"
    "  tracer [options] FILE [parameters]          run a script\n"
    "  tracer [options] -e 'PROGRAM' [parameters]  run a one-liner\n"
    "  tracer [options] - [parameters]             run a script from standard input\n"
    "  tracer -l [PATTERN]                         list probes\n";

constexpr const char* kExamples =
    "\nEXAMPLES:\n"
    "  tracer -e 'kprobe:tcp_connect < @c = count(); >'\n"
    "      count TCP connections until Ctrl-C\n"
    "  tracer -e 'tracepoint:syscalls:sys_enter_openat { printf(\"%s %s\\n\", comm, str(args.filename)); }'\n"
    "      show files as they are opened\n"
    "  tracer --user -e 'begin { @[1] = hist(7); exit(); }'\n"
    "      try the language without privileges or a kernel\n";

// Stages of -d; the second name of a pair is an alias.
const std::map<std::string, std::string>& stages() {
  static const std::map<std::string, std::string> kStages = {
      {"ast", "ast"},         {"plan", "plan"},   {"ir", "ir"},         {"codegen", "ir"},
      {"ir-opt", "ir-opt"},   {"codegen-opt", "ir-opt"}, {"asm", "asm"}, {"dis", "asm"},
      {"verifier", "verifier"}, {"libbpf", "libbpf"}, {"all", "all"}};
  return kStages;
}

ParsedOptions usage_error(std::string message, std::string hint = {}) {
  ParsedOptions parsed;
  parsed.text = fmt::format("ERROR: {}\n", message);
  if (!hint.empty()) parsed.text += fmt::format("HINT: {}\n", hint);
  parsed.text += kUsage;
  parsed.text += "`tracer --help` tells more.\n";
  parsed.to_stderr = true;
  parsed.status = 2;
  return parsed;
}

// What CLI11 fills in before it is checked.
struct Raw {
  Options options;
  std::string program, format = "text", buffering = "line", features, pid;
  std::vector<std::string> arguments, debug;
  bool btf = false, version = false, help = false;
};

void declare(CLI::App& app, Raw& raw) {
  Options& o = raw.options;
  app.set_help_flag();
  app.add_option("-e", raw.program, "the script's text")->option_text("PROGRAM");
  app.add_flag("-l,--list", o.list, "list probes that match PATTERN, or all");
  app.add_option("-c,--cmd", o.command, "run COMMAND and end with it; its pid is `cpid`")->option_text("COMMAND");
  app.add_option("-p,--pid", raw.pid, "trace the process PID only")->option_text("PID");
  app.add_flag("--user", o.user_session, "run without the kernel: begin, end and interval probes");
  app.add_option("-f,--format", raw.format, "output format: text or json")->option_text("FORMAT");
  app.add_option("-o,--output", o.output_file, "write the script's output to FILE")->option_text("FILE");
  app.add_option("-B", raw.buffering, "buffering of output: line, full or none")->option_text("MODE");
  app.add_flag("-q,--quiet", o.quiet, "do not say how many probes are attached");
  app.add_flag("-v,--verbose", o.verbose, "say more about what is done");
  app.add_flag("-k,--warnings", o.k_warnings, "also warn of failed memory reads and map look-ups");
  app.add_flag("--no-warnings", o.no_warnings, "give no warnings at all");
  app.add_flag("--unsafe", o.unsafe, "allow functions and probes that can change the system");
  app.add_flag("--child-status", o.child_status, "exit with the status of the command of -c");
  app.add_flag("--dry-run", o.dry_run, "compile, load and attach, then end");
  app.add_option("--probe-filter", o.probe_filter, "keep only probes whose name REGEX finds")->option_text("REGEX");
  app.add_option("--no-feature", raw.features, "do not use LIST: kprobe_multi")->option_text("LIST");
  app.add_option("--traceable-functions", o.traceable_functions, "list of traceable kernel functions")
      ->option_text("FILE");
  app.add_flag("--fmt", o.fmt, "print the script formatted");
  app.add_option("-d,--debug", raw.debug,
                 "show a stage: ast, plan, ir, ir-opt, asm, verifier, libbpf, all; may be repeated")
      ->option_text("STAGE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--emit-elf", o.emit_elf, "write the BPF object to FILE, do not run")->option_text("FILE");
  app.add_option("--emit-llvm", o.emit_llvm, "write FILE.original.ll and FILE.optimized.ll")->option_text("FILE");
  app.add_flag("-b,--btf", raw.btf, "accepted, no effect");
  app.add_flag("-V,--version", raw.version, "print the version");
  app.add_flag("-h,--help", raw.help, "print this text");
  app.add_option("arguments", raw.arguments)->option_text(" ");
}

std::string help_text(const CLI::App& app) {
  std::string text = "tracer: ask a running Linux system questions, in a small language\n\n";
  text += kUsage;
  text += "\nOPTIONS:\n";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_name() == "arguments") continue;
    std::string names = option->get_name(false, true);
    names = names.substr(0, names.find(' '));
    std::replace(names.begin(), names.end(), ',', ' ');
    std::string left = fmt::format("  {} {}", names, option->get_option_text());
    text += fmt::format("{:<28} {}\n", left, option->get_description());
  }
  return text + kExamples;
}

std::vector<std::string> long_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// Fills in what CLI11 left as text. Gives the complaint, or empty.
std::string check(Raw& raw, const CLI::App& app) {
  Options& o = raw.options;
  if (app.count("-e")) o.program = raw.program;
  if (raw.format == "json") {
    o.format = OutputFormat::Json;
  } else if (raw.format != "text") {
    return fmt::format("Invalid output format '{}': it is text or json", raw.format);
  }
  static const std::map<std::string, Buffering> kModes = {
      {"line", Buffering::Line}, {"full", Buffering::Full}, {"none", Buffering::None}};
  auto mode = kModes.find(raw.buffering);
  if (mode == kModes.end()) return fmt::format("Invalid buffering '{}': it is line, full or none", raw.buffering);
  o.buffering = mode->second;
  if (!raw.pid.empty()) {
    if (!std::all_of(raw.pid.begin(), raw.pid.end(), ::isdigit) || raw.pid.size() > 9 || std::stoi(raw.pid) == 0)
      return fmt::format("'{}' is no process id", raw.pid);
    o.pid = std::stoi(raw.pid);
  }
  for (const std::string& list : raw.debug)
    for (std::string_view stage : split(list, ',')) {
      auto found = stages().find(std::string(stage));
      if (found == stages().end()) return fmt::format("unknown debug stage '{}'", stage);
      o.debug_stages.push_back(found->second);
    }
  if (!raw.features.empty())
    for (std::string_view feature : split(raw.features, ',')) o.features_off.emplace_back(feature);
  if (o.pid != 0 && !o.command.empty()) return "Cannot use both -c and -p.";
  if (o.k_warnings && o.no_warnings) return "Cannot use both -k and --no-warnings.";

  if (o.list) {
    if (!raw.arguments.empty()) o.list_pattern = raw.arguments[0];
    if (raw.arguments.size() > 1) return fmt::format("unexpected argument '{}'", raw.arguments[1]);
    return {};
  }
  if (o.program) {
    o.positional = raw.arguments;
    return {};
  }
  if (raw.arguments.empty()) return "filename or -e 'program' required.";
  o.file = raw.arguments[0];
  o.positional.assign(raw.arguments.begin() + 1, raw.arguments.end());
  return {};
}

}  // namespace

bool Options::debug(const char* stage) const {
  return std::any_of(debug_stages.begin(), debug_stages.end(),
                     [&](const std::string& s) { return s == stage || s == "all"; });
}

ParsedOptions parse_options(int argc, const char* const* argv) {
  CLI::App app;
  Raw raw;
  declare(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    std::string first;
    for (const std::string& extra : app.remaining())
      if (first.empty()) first = extra;
    return usage_error(fmt::format("unknown option '{}'", first), did_you_mean(first, long_names(app)));
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }

  ParsedOptions parsed;
  if (raw.help) {
    parsed.text = help_text(app);
  } else if (raw.version) {
    parsed.text = fmt::format("tracer v{}\n", TRACER_VERSION);
  } else if (std::string complaint = check(raw, app); !complaint.empty()) {
    return usage_error(std::move(complaint));
  } else {
    parsed.options = std::move(raw.options);
  }
  return parsed;
}

}  // namespace tracer

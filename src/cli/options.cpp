#include "cli/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "probes/kernel_features.h"

namespace tracer {

namespace {

constexpr const char* kUsage =
    "  tracer [options] FILE [parameters]          run a script\n"
    "  tracer [options] -e 'PROGRAM' [parameters]  run a one-liner\n"
    "  tracer [options] - [parameters]             run a script from standard input\n"
    "  tracer [-i] [FILE]                          ask one question after another\n"
    "  tracer -l [PATTERN | FILE | -e PROGRAM]     list probes\n";

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
      {"parse", "parse"},   {"ast", "ast"},    {"types", "types"},   {"plan", "plan"},
      {"ir", "ir"},         {"codegen", "ir"}, {"ir-opt", "ir-opt"}, {"codegen-opt", "ir-opt"},
      {"asm", "asm"},       {"dis", "asm"},    {"obj", "obj"},       {"verifier", "verifier"},
      {"libbpf", "libbpf"}, {"all", "all"}};
  return kStages;
}

struct Complaint {
  std::string message, hint;
};

ParsedOptions usage_error(const Complaint& complaint) {
  ParsedOptions parsed;
  parsed.text = fmt::format("USAGE: {}\n", complaint.message);
  if (!complaint.hint.empty()) parsed.text += fmt::format("HINT: {}\n", complaint.hint);
  parsed.text += kUsage;
  parsed.text += "`tracer --help` tells more.\n";
  parsed.to_stderr = true;
  parsed.status = 2;
  return parsed;
}

constexpr const char* kStageNames = "parse, ast, types, plan, ir, ir-opt, asm, obj, libbpf, verifier and all";

// What --no-feature may name.
std::vector<std::string> feature_names() {
  std::vector<std::string> names;
  for (const OptionalFeature& each : kOptionalFeatures) names.emplace_back(each.name);
  return names;
}

// What CLI11 fills in before it is checked.
struct Raw {
  Options options;
  std::string program, format = "text", buffering = "line", features, pid, mode;
  bool test = false, bench = false;
  std::vector<std::string> arguments, debug, dwarf_pids;
  bool btf = false, usdt_activation = false, version = false, help = false;
};

void declare(CLI::App& app, Raw& raw) {
  Options& o = raw.options;
  app.set_help_flag();
  auto option = [&](const char* group, const char* names, auto& target, const char* argument,
                    const std::string& text) {
    return app.add_option(names, target, text)->option_text(argument)->group(group);
  };
  auto flag = [&](const char* group, const char* names, bool& target, const char* text) {
    return app.add_flag(names, target, text)->group(group);
  };
  constexpr const char *kRun = "WHAT TO RUN", *kOutput = "OUTPUT", *kTrace = "TRACING",
                       *kLook = "LOOKING INSIDE";

  option(kRun, "-e", raw.program, "PROGRAM", "the script's text");
  flag(kRun, "-l,--list", o.list, "list probes that match PATTERN, or all of them, or those of a script");
  flag(kRun, "-i,--interactive", o.interactive,
       "open a session: clauses, expressions and commands as you type them");
  option(kRun, "-c,--cmd", o.command, "COMMAND", "start COMMAND, and end when it ends; its pid is `cpid`");
  flag(kRun, "--child-status", o.child_status, "exit with the status of COMMAND");
  option(kRun, "-p,--pid", raw.pid, "PID", "trace process PID only, and end when it ends");
  flag(kRun, "--user", o.user_session, "try a script without the kernel: begin, end and interval probes");
  flag(kRun, "--test", raw.test, "run the `test` clauses, and say which passed");
  flag(kRun, "--bench", raw.bench, "run the `bench` clauses, and say how long they take");
  flag(kRun, "--fmt", o.fmt, "print the script, formatted");
  option(kRun, "--mode", raw.mode, "MODE",
         "test, bench or format, as the options above; codegen: compile only;\n" + std::string(33, ' ') +
             "compiler-bench: time the compiler");
  flag(kRun, "--info", o.info, "say what this kernel and this build can do");
  flag(kRun, "-V,--version", raw.version, "print the version");
  flag(kRun, "-h,--help", raw.help, "print this text");

  option(kOutput, "-f,--format", raw.format, "FORMAT", "text (default) or json, one object a line");
  option(kOutput, "-o,--output", o.output_file, "FILE", "write the script's output to FILE");
  app.add_flag("--watch{1s}", o.watch, "show the maps again and again; --watch=5s: every 5 seconds")
      ->group(kOutput);
  option(kOutput, "-B", raw.buffering, "MODE",
         "write after each line (line, default), in blocks (full), at once (none)");
  flag(kOutput, "-q,--quiet", o.quiet, "do not say how many probes are attached");
  flag(kOutput, "-v,--verbose", o.verbose, "say more about what is done");
  flag(kOutput, "-k,--warnings", o.k_warnings, "also warn of failed memory reads and map look-ups");
  flag(kOutput, "--no-warnings", o.no_warnings, "give no warnings at all");

  option(kTrace, "--probe-filter", o.probe_filter, "REGEX", "keep only probes in whose name REGEX is found");
  flag(kTrace, "--unsafe", o.unsafe, "allow functions and probes that can change the system");
  option(kTrace, "--no-feature", raw.features, "LIST",
         fmt::format("do without: {}", fmt::join(feature_names(), ", ")));
  option(kTrace, "--traceable-functions", o.traceable_functions, "FILE",
         "take the kernel functions that can be traced from FILE");
  for (auto [names, list, argument, text] :
       {std::tuple{"-I", &o.headers.include_dirs, "FOLDER", "look in FOLDER for the headers of a C preamble"},
        {"--include", &o.headers.include_files, "FILE", "include FILE in front of the C preamble"},
        {"--dwarf-pid", &raw.dwarf_pids, "PID", "let dw_ustack unwind the stacks of process PID"},
        {"--debuginfo", &o.debug_folders, "FOLDER",
         "look in FOLDER for the debug files of stripped programs"}})
    option(kTrace, names, *list, argument, text)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  flag(kTrace, "-b,--btf", raw.btf, "accepted, no effect");
  flag(kTrace, "--usdt-file-activation", raw.usdt_activation,
       "accepted, no effect: the kernel tells programs that their static probes are used");

  flag(kLook, "--dry-run", o.dry_run, "compile, load and attach, then end");
  option(kLook, "-d,--debug", raw.debug, "STAGE", fmt::format("show stages: {}", kStageNames))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  option(kLook, "--emit-elf", o.emit_elf, "FILE", "write the BPF object to FILE, do not run");
  option(kLook, "--aot", o.aot, "FILE", "write a program that runs the script without tracer, do not run");
  option(kLook, "--emit-llvm", o.emit_llvm, "FILE", "write FILE.original.ll and FILE.optimized.ll");
  app.add_option("arguments", raw.arguments)->option_text(" ");
}

std::string help_text(const CLI::App& app) {
  std::string text = "tracer: ask a running Linux system questions, in a small language\n\n";
  text += "USAGE:\n";
  text += kUsage;
  std::string group;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_name() == "arguments") continue;
    if (option->get_group() != group) text += fmt::format("\n{}:\n", group = option->get_group());
    const auto& brief = option->get_snames();
    const auto& full = option->get_lnames();
    std::string left = brief.empty() ? "    " : fmt::format("-{}", brief[0]);
    if (!full.empty()) left += fmt::format("{}--{}", brief.empty() ? "" : ", ", full[0]);
    text += fmt::format("  {:<30} {}\n", fmt::format("{} {}", left, option->get_option_text()),
                        option->get_description());
  }
  return text + kExamples;
}

std::vector<std::string> long_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// Number of arguments before `--`, which ends tracer's own. As the value of an option it ends nothing.
int own_arguments(int argc, const char* const* argv) {
  constexpr std::string_view kWithText[] = {"-e", "-c", "--cmd"};
  for (int i = 1; i < argc; i++) {
    const bool is_value = i > 1 && std::ranges::find(kWithText, argv[i - 1]) != std::end(kWithText);
    if (argv[i] == std::string_view("--") && !is_value) return i;
  }
  return argc;
}

// What stands after `--`: `--name[=value]` are options of the script, up to another `--`; all else are
// positional parameters.
void take_parameters(int argc, const char* const* argv, int own, Raw& raw) {
  bool named = true;
  for (int i = own + 1; i < argc; i++) {
    std::string_view argument = argv[i];
    if (named && argument == "--") {
      named = false;
    } else if (named && argument.starts_with("--")) {
      argument.remove_prefix(2);
      const size_t equals = argument.find('=');
      ast::NamedParameter parameter{std::string(argument.substr(0, equals)), {}};
      if (equals != argument.npos) parameter.value = argument.substr(equals + 1);
      raw.options.named.push_back(std::move(parameter));
    } else {
      raw.arguments.emplace_back(argument);
    }
  }
}

// `tracer FILE --help` asks for the script's help, as an executable script does that is given --help.
void give_help_to_script(int argc, const char* const* argv, Raw& raw) {
  if (!raw.help || raw.arguments.empty() || !raw.program.empty()) return;
  const auto find = [&](auto... texts) {
    return std::find_if(argv + 1, argv + argc,
                        [&](std::string_view each) { return ((each == texts) || ...); });
  };
  if (find(raw.arguments[0]) > find("--help", "-h")) return;
  raw.help = false;
  raw.options.named.push_back({"help", {}});
}

// The modes exclude each other.
std::optional<Complaint> choose_mode(const Raw& raw, Options& o) {
  std::vector<std::string> wanted;
  if (!raw.mode.empty()) wanted.push_back(raw.mode);
  for (const auto& [set, name] : {std::pair{raw.test, "test"}, {raw.bench, "bench"}, {o.fmt, "format"}})
    if (set && raw.mode != name) wanted.emplace_back(name);
  if (wanted.size() > 1)
    return Complaint{fmt::format("Cannot use both the modes {} and {}.", wanted[0], wanted[1]), ""};
  if (wanted.empty()) return {};
  const std::string& mode = wanted[0];
  if (mode == "test") {
    o.mode = RunMode::Test;
  } else if (mode == "bench") {
    o.mode = RunMode::Bench;
  } else if (mode == "format") {
    o.fmt = true;
  } else if (mode == "codegen") {
    o.compile_only = true;
  } else if (mode == "compiler-bench") {
    o.compiler_bench = true;
  } else {
    return Complaint{fmt::format("Invalid mode '{}'", mode),
                     "modes are test, bench, format, codegen and compiler-bench"};
  }
  return {};
}

// What an object or a program that is kept cannot have.
std::optional<Complaint> check_saving(const Options& o) {
  if (!o.saves()) return {};
  const char* saving = o.aot.empty() ? "--emit-elf" : "--aot";
  if (!o.emit_elf.empty() && !o.aot.empty()) return Complaint{"Cannot use both --emit-elf and --aot.", ""};
  if (o.user_session)
    return Complaint{fmt::format("Cannot use both --user and {}.", saving), "--user makes no BPF object"};
  if (!o.command.empty())
    return Complaint{fmt::format("Cannot use both -c and {}.", saving),
                     "the script is compiled and not run; give -c when the object is run"};
  if (o.aot.empty()) return {};
  for (const auto& [given, option] : {std::pair{o.pid != 0, "-p"},
                                      {o.list, "-l"},
                                      {o.fmt, "--fmt"},
                                      {o.mode == RunMode::Test, "--test"},
                                      {o.mode == RunMode::Bench, "--bench"}})
    if (given) return Complaint{fmt::format("Cannot use both {} and --aot.", option), ""};
  return {};
}

// Fills in what CLI11 left as text.
// 0: the text names no process.
int32_t process_id(const std::string& text) {
  if (text.empty() || text.size() > 9 || !std::all_of(text.begin(), text.end(), ::isdigit)) return 0;
  return std::stoi(text);
}

std::optional<Complaint> check(Raw& raw, const CLI::App& app) {
  Options& o = raw.options;
  if (app.count("-e")) o.program = raw.program;
  // Empty, as from an unset shell variable, would be taken as not given.
  for (const char* option :
       {"--output", "--emit-elf", "--aot", "--emit-llvm", "--cmd", "--pid", "--traceable-functions"})
    if (app.count(option) && app.get_option(option)->as<std::string>().empty())
      return Complaint{fmt::format("{} needs a text that is not empty", option), ""};
  if (raw.format == "json") {
    o.format = OutputFormat::Json;
  } else if (raw.format != "text") {
    return Complaint{fmt::format("Invalid output format '{}'", raw.format), "formats are text and json"};
  }
  static const std::map<std::string, Buffering> kModes = {
      {"line", Buffering::Line}, {"full", Buffering::Full}, {"none", Buffering::None}};
  auto mode = kModes.find(raw.buffering);
  if (mode == kModes.end())
    return Complaint{fmt::format("Invalid buffering '{}'", raw.buffering), "modes are line, full and none"};
  o.buffering = mode->second;
  if (auto complaint = choose_mode(raw, o)) return complaint;
  const auto no_process = [](const std::string& text) {
    return Complaint{fmt::format("'{}' is no process id", text), ""};
  };
  if (!raw.pid.empty() && (o.pid = process_id(raw.pid)) == 0) return no_process(raw.pid);
  for (const std::string& text : raw.dwarf_pids) {
    o.dwarf_pids.push_back(process_id(text));
    if (o.dwarf_pids.back() == 0) return no_process(text);
  }
  for (const std::string& list : raw.debug)
    for (std::string_view stage : split(list, ',')) {
      auto found = stages().find(std::string(stage));
      if (found == stages().end())
        return Complaint{fmt::format("unknown debug stage '{}'", stage),
                         fmt::format("stages are {}", kStageNames)};
      o.debug_stages.push_back(found->second);
    }
  if (!raw.features.empty())
    for (std::string_view feature : split(raw.features, ',')) {
      if (std::ranges::find(kOptionalFeatures, feature, &OptionalFeature::name) ==
          std::end(kOptionalFeatures))
        return Complaint{fmt::format("unknown feature '{}'", feature),
                         fmt::format("features are {}", fmt::join(feature_names(), ", "))};
      o.features_off.emplace_back(feature);
    }
  if (o.pid != 0 && !o.command.empty()) return Complaint{"Cannot use both -c and -p.", ""};
  if (o.k_warnings && o.no_warnings) return Complaint{"Cannot use both -k and --no-warnings.", ""};
  if (o.interactive || !o.watch.empty())
    for (const auto& [given, option] : {std::pair{!o.command.empty(), "-c"},
                                        {o.list, "-l"},
                                        {o.fmt, "--fmt"},
                                        {o.saves(), "--emit-elf or --aot"},
                                        {o.mode != RunMode::Trace, "--test or --bench"},
                                        {o.dry_run, "--dry-run"}})
      if (given)
        return Complaint{fmt::format("Cannot use both {} and {}.", o.interactive ? "-i" : "--watch", option),
                         ""};
  if (o.child_status && o.command.empty()) return Complaint{"--child-status needs -c.", ""};
  if (auto complaint = check_saving(o)) return complaint;

  if (o.info) return {};
  if (o.list) {
    std::error_code ignored;
    const bool script = !raw.arguments.empty() && std::filesystem::is_regular_file(raw.arguments[0], ignored);
    if (!o.program && !script) {
      if (!raw.arguments.empty()) o.list_pattern = raw.arguments[0];
      if (raw.arguments.size() > 1)
        return Complaint{fmt::format("unexpected argument '{}'", raw.arguments[1]),
                         "-l takes one pattern, in quotes"};
      return {};
    }
  }
  if (o.program) {
    o.positional = raw.arguments;
    return {};
  }
  if (raw.arguments.empty() && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) o.interactive = true;
  if (raw.arguments.empty() && o.interactive) return {};
  if (raw.arguments.empty()) return Complaint{"filename or -e 'program' required.", ""};
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
  const int own = own_arguments(argc, argv);
  try {
    app.parse(own, argv);
    take_parameters(argc, argv, own, raw);
    give_help_to_script(own, argv, raw);
  } catch (const CLI::ExtrasError&) {
    std::string first;
    for (const std::string& extra : app.remaining())
      if (first.empty()) first = extra;
    first = first.substr(0, first.find('='));
    return usage_error({fmt::format("unknown option '{}'", first), did_you_mean(first, long_names(app))});
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();  // begins with the option's name and `:`
    return usage_error({fmt::format("{} needs a value", text.substr(0, text.find(':'))), ""});
  } catch (const CLI::ParseError& error) {
    return usage_error({error.what(), ""});
  }

  ParsedOptions parsed;
  if (raw.help) {
    parsed.text = help_text(app);
  } else if (raw.version) {
    parsed.text = fmt::format("tracer v{}\n", TRACER_VERSION);
  } else if (auto complaint = check(raw, app)) {
    return usage_error(*complaint);
  } else {
    parsed.options = std::move(raw.options);
  }
  return parsed;
}

}  // namespace tracer

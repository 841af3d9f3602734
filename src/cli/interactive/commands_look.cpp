// Commands that show what is there: commands, builtins, maps, probes, types.
#include <fmt/format.h>

#include <algorithm>

#include "ast/builtins.h"
#include "base/text.h"
#include "btf/c_declarations.h"
#include "btf/type_db.h"
#include "cli/interactive/commands.h"
#include "cli/interactive/shell.h"
#include "cli/interactive/type_text.h"
#include "probes/provider.h"

namespace tracer {
namespace {

constexpr std::string_view kIntroduction =
    "A clause is attached and runs until you stop it:  kprobe:vfs_read { @[comm] = count(); }\n"
    "An expression or a statement runs once:           @   1 << 12   print(@, 5)   curtask.comm\n"
    "Declarations stay: struct, fn, macro, import, config, `let @m = lruhash(100)`.\n"
    "\n"
    "Commands, which may be shortened:\n";

void help_of_command(Shell& shell, const Command& command) {
  shell.say(fmt::format(":{} {}\n    {}", command.name, command.arguments, command.doc));
}

void help_of_builtin(Shell& shell, const ast::Builtin& builtin) {
  shell.say(fmt::format("{}\n    {}", builtin.signature, builtin.doc));
  if (builtin.safety == ast::BuiltinSafety::Unsafe) shell.say("    needs --unsafe");
}

void help_of_provider(Shell& shell, const ProviderInfo& provider) {
  const std::string short_name = *provider.short_name ? fmt::format(", {}", provider.short_name) : "";
  shell.say(fmt::format("{}{}\n    {}", provider.name, short_name, provider.doc));
}

std::string all_builtins() {
  constexpr size_t kWidth = 90;
  std::string text, line = " ";
  for (const ast::Builtin& each : ast::builtins()) {
    if (line.size() + each.name.size() + 1 > kWidth) text += std::exchange(line, " ") + "\n";
    line += " " + std::string(each.name);
  }
  return text + line;
}

// Shows lines until Ctrl-C.
ListLine lines_of(Shell& shell, size_t& count) {
  return [&](const std::string& line) {
    shell.say(line);
    ++count;
    return !shell.interrupted();
  };
}

// What `openat`, `sched:sched_switch` and `/bin/bash:readline` can mean.
std::string without_provider(std::string_view probe) {
  if (probe.find('/') != probe.npos) return fmt::format("uprobe:{}", probe);
  if (probe.find(':') != probe.npos) return fmt::format("tracepoint:{}", probe);
  return fmt::format(
      "fexit:{0},tracepoint:*:{0},tracepoint:syscalls:sys_enter_{0},tracepoint:syscalls:sys_exit_{0}", probe);
}

// False, and said, when there is no such map.
bool knows_map(Shell& shell, std::string_view name) {
  if (name.empty()) return shell.complain("the name of a map is missing", "`:maps` shows them");
  std::vector<std::string> names;
  for (const ast::KnownMap& map : shell.workspace().maps()) names.push_back(map.plan.name);
  if (std::ranges::find(names, name) != names.end()) return true;
  return shell.complain(fmt::format("there is no map `{}`", name), did_you_mean(name, names));
}

}  // namespace

bool show_help(Shell& shell, std::string_view name) {
  if (name.starts_with(':')) name.remove_prefix(1);
  if (name.ends_with("()")) name.remove_suffix(2);
  const ast::Builtin* builtin = ast::find_builtin(name);
  const auto command = std::ranges::find(commands(), name, &Command::name);
  const ProviderInfo* provider = find_provider(name);
  if (!name.empty()) {
    if (command != commands().end()) help_of_command(shell, *command);
    if (builtin) help_of_builtin(shell, *builtin);
    if (provider) help_of_provider(shell, *provider);
    if (command != commands().end() || builtin || provider) return true;
    std::vector<std::string> names;
    for (const Command& each : commands()) names.emplace_back(each.name);
    for (const ast::Builtin& each : ast::builtins()) names.emplace_back(each.name);
    for (const ProviderInfo& each : all_providers()) names.emplace_back(each.name);
    return shell.complain(fmt::format("nothing is called `{}`", name), did_you_mean(name, names));
  }
  std::string text(kIntroduction);
  for (const Command& each : commands())
    text += fmt::format("  {:<36} {}\n", fmt::format(":{} {}", each.name, each.arguments), each.doc);
  text += "\nBuiltins and functions, of which `:help NAME` tells more:\n" + all_builtins();
  shell.say(text);
  return true;
}

bool show_maps(Shell& shell, std::string_view) {
  if (shell.workspace().maps().empty()) shell.say("no maps");
  for (const ast::KnownMap& map : shell.workspace().maps()) {
    const std::string key = map.plan.scalar() ? "" : fmt::format("[{}]", to_string(map.plan.key));
    shell.say(fmt::format("{}{}: {}", map.plan.name, key, to_string(map.plan.value)));
  }
  return true;
}

bool clear_map(Shell& shell, std::string_view name) {
  return knows_map(shell, name) && shell.enter(fmt::format("clear({})", name));
}

bool forget_map(Shell& shell, std::string_view name) {
  if (!knows_map(shell, name)) return false;
  for (LiveClause& clause : shell.clauses()) {
    if (std::ranges::any_of(clause.script->plan().maps, [&](const MapPlan& map) { return map.name == name; }))
      return shell.complain(fmt::format("clause {} uses `{}`", clause.number, name),
                            fmt::format("`:delete {}` first", clause.number));
  }
  shell.workspace().forget_map(name);
  return true;
}

bool list_matches(Shell& shell, std::string_view pattern) {
  if (pattern.empty()) return shell.complain("a pattern is missing", "write `:list kprobe:tcp_*`");
  KernelInfo& kernel = shell.workspace().kernel();
  size_t count = 0;
  const ListLine line = lines_of(shell, count);
  auto types = list_types(pattern, false, kernel.types(), line);
  auto done =
      types ? *types
            : list_probes(pattern, {false, shell.workspace().target_pid()}, kernel, kernel.types(), line);
  if (!done) return shell.complain(done.error());
  return count > 0 || shell.complain(fmt::format("nothing matches `{}`", pattern));
}

bool describe_probe(Shell& shell, std::string_view probe) {
  if (probe.empty()) return shell.complain("a probe is missing", "write `:describe kprobe:vfs_read`");
  // What returns tells the result as well.
  const size_t colon = std::min(probe.find(':'), probe.size());
  const ProviderInfo* provider = find_provider(probe.substr(0, colon));
  std::string pattern(probe);
  if (provider && provider->provider == Provider::Kprobe)
    pattern += ",kretprobe" + std::string(probe.substr(colon));
  if (provider && provider->provider == Provider::Fentry)
    pattern = "fexit" + std::string(probe.substr(colon));
  if (!provider) pattern = without_provider(probe);
  KernelInfo& kernel = shell.workspace().kernel();
  size_t count = 0;
  auto done = list_probes(pattern, {true, shell.workspace().target_pid()}, kernel, kernel.types(),
                          lines_of(shell, count));
  if (!done) return shell.complain(done.error());
  if (count > 0) return true;
  const bool type = probe.starts_with("struct ") || probe.starts_with("union ") || probe.starts_with("enum ");
  return shell.complain(fmt::format("nothing matches `{}`", probe),
                        type ? fmt::format("`:type {}` shows it", probe) : "`:list PATTERN` lists probes");
}

bool show_type(Shell& shell, std::string_view name) {
  if (name.empty()) return shell.complain("a type is missing", "write `:type struct sock`");
  auto text = type_text(shell.workspace().kernel().types(), name);
  if (!text) return shell.complain(text.error());
  shell.say(*text);
  return true;
}

}  // namespace tracer

#include "cli/interactive/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "cli/interactive/shell.h"

namespace tracer {
namespace {

bool quit(Shell& shell, std::string_view) {
  shell.quit();
  return true;
}

constexpr Command kCommands[] = {
    {"help", "[NAME]", "tell of commands, builtins, functions and providers", show_help},
    {"probes", "", "show the clauses: state, source, hits, time per hit, losses", show_probes},
    {"stop", "N...", "detach clauses; their maps stay", stop_clauses},
    {"start", "N...", "attach stopped clauses again", start_clauses},
    {"delete", "N...", "detach clauses, run their `end`, and forget them", delete_clauses},
    {"edit", "N [CLAUSE]", "put another text in the place of a clause", edit_clause},
    {"show", "[N...]", "show the text of clauses", show_source},
    {"maps", "", "show the maps and their types", show_maps},
    {"clear", "@MAP", "remove all keys of a map", clear_map},
    {"forget", "@MAP", "remove a map that no clause uses, so that it may get another type", forget_map},
    {"list", "PATTERN", "list probes: `:list kprobe:tcp_*`", list_matches},
    {"describe", "PROBE", "show the arguments and the result of a probe", describe_probe},
    {"type", "TYPE", "show a type of the kernel, with offsets and sizes: `:type struct sock`", show_type},
    {"load", "FILE", "run the entries of a file", load_file},
    {"source", "FILE", "the same", load_file},
    {"save", "FILE", "write the session as a script that runs by itself", save_file},
    {"set", "[NAME [VALUE]]", "show the settings, or change one for the entries that follow", change_setting},
    {"pid", "[PID|off]", "limit all clauses to a process, or to none", choose_process},
    {"snap", "FUNCTION [COUNT] [/FILTER/]",
     "show the next hit of a function with its arguments, stacks and result", snap},
    {"watch", "[@MAP...] [TIME [COUNT]]", "show maps again and again, until q or Ctrl-C", watch_maps},
    {"wait", "[TIME]", "let the clauses run for a time (`5s`, `200ms`), or until Ctrl-C", wait_a_while},
    {"quit", "", "end the session, and print the maps", quit},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  const Command* found = nullptr;
  for (const Command& each : kCommands) {
    if (each.name == name) return &each;
    if (name.empty() || !each.name.starts_with(name)) continue;
    if (found) return nullptr;
    found = &each;
  }
  return found;
}

bool is_command_name(std::string_view name) {
  return std::ranges::find(kCommands, name, &Command::name) != std::end(kCommands);
}

bool Shell::command(std::string_view text) {
  text = trim(text);
  const auto is_control = [](unsigned char c) { return c != '\t' && c != '\n' && (c < 0x20 || c == 0x7f); };
  if (std::ranges::any_of(text, is_control))
    return complain("the command holds control characters", "were keys pressed that mean nothing here?");
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view name = text.substr(0, end);
  const std::string_view arguments = trim(text.substr(end));
  if (name.empty()) return complain("the name of a command is missing", "`:help` lists them");
  const Command* command = find_command(name);
  if (!command) return complain_of_command(name);
  if (command->arguments.empty() && !arguments.empty())
    return complain(fmt::format("`:{}` takes nothing, and `{}` was given", command->name, arguments));
  return command->run(*this, arguments);
}

bool Shell::complain_of_command(std::string_view name) {
  std::vector<std::string> all, fitting;
  for (const Command& each : kCommands) {
    all.push_back(":" + std::string(each.name));
    if (each.name.starts_with(name)) fitting.push_back(all.back());
  }
  if (!fitting.empty()) {
    std::string names;
    for (const std::string& each : fitting) names += (names.empty() ? "" : ", ") + each;
    return complain(fmt::format("`:{}` can be several commands: {}", name, names));
  }
  std::string hint = did_you_mean(":" + std::string(name), all);
  return complain(fmt::format("there is no command `:{}`", name), hint.empty() ? "`:help` lists them" : hint);
}

}  // namespace tracer

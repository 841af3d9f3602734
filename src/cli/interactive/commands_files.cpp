// Commands about files, settings and the process that is looked at.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ast/passes/apply_config.h"
#include "ast/passes/config_values.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/interactive/arguments.h"
#include "cli/interactive/commands.h"
#include "cli/interactive/shell.h"

namespace tracer {
namespace {

std::string text_of(const std::variant<bool, uint64_t, std::string>& value) {
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const uint64_t* number = std::get_if<uint64_t>(&value)) return std::to_string(*number);
  return std::get<std::string>(value);
}

struct SettingText {
  std::string name, value;
  bool set_here = false;
};

// All settings, those that were changed in the session last.
std::vector<SettingText> settings_of(Shell& shell) {
  Config config;
  Diagnostics unused;
  ast::apply_config(
      {}, [](const char* name) -> const char* { return getenv(name); }, config, unused);
  std::vector<SettingText> settings;
  const std::string changed = shell.workspace().config_text();
  for (const ast::ConfigValue& each : ast::config_values(config)) {
    if (changed.find(fmt::format("  {}=", each.name)) == changed.npos)
      settings.push_back({each.name, text_of(each.value)});
  }
  for (std::string_view line : split(changed, '\n')) {
    const size_t equals = line.find('=');
    if (!line.starts_with("  ") || equals == line.npos) continue;
    settings.push_back({std::string(trim(line.substr(0, equals))),
                        std::string(line.substr(equals + 1, line.size() - equals - 2)), true});
  }
  return settings;
}

}  // namespace

bool load_file(Shell& shell, std::string_view path) {
  if (path.empty()) return shell.complain("the name of a file is missing", "write `:load FILE`");
  auto text = read_file(path_of(path));
  if (!text) return shell.complain(text.error());
  return shell.load_text(*text);
}

bool save_file(Shell& shell, std::string_view name) {
  if (name.empty()) return shell.complain("the name of a file is missing", "write `:save FILE`");
  std::string text = "#!/usr/bin/env tracer\n";
  text += shell.workspace().config_text();
  for (const std::string& declaration : shell.workspace().declarations()) text += declaration + "\n";
  size_t left_out = 0;
  for (const LiveClause& clause : shell.clauses()) {
    if (!clause.attached)
      ++left_out;
    else
      text += "\n" + clause.text + "\n";
  }
  const std::string path = path_of(name);
  if (auto written = write_file(path, text); !written) return shell.complain(written.error());
  if (chmod(path.c_str(), 0755) != 0)
    return shell.complain(fmt::format("`{}` cannot be made executable: {}", path, strerror(errno)));
  shell.say(fmt::format("saved {}{}", path,
                        left_out ? fmt::format(", without {} that are stopped", left_out) : ""));
  return true;
}

bool change_setting(Shell& shell, std::string_view arguments) {
  const size_t end = std::min(arguments.find_first_of(" \t="), arguments.size());
  const std::string_view name = arguments.substr(0, end);
  std::string_view value = trim(arguments.substr(end));
  if (value.starts_with('=')) value = trim(value.substr(1));
  if (!value.empty()) {
    auto changed = shell.workspace().load("setting", fmt::format("config = {{ {}={} }}", name, value));
    if (!changed) {
      shell.console().complain(changed.error());
      return false;
    }
  }

  const std::vector<SettingText> settings = settings_of(shell);
  bool found = false;
  for (const SettingText& each : settings) {
    if (!name.empty() && each.name != name) continue;
    found = true;
    shell.say(fmt::format("{}={}{}", each.name, each.value, each.set_here ? "  (set here)" : ""));
  }
  if (found) return true;
  std::vector<std::string> names;
  for (const SettingText& each : settings) names.push_back(each.name);
  const std::string hint = did_you_mean(name, names);
  return shell.complain(fmt::format("there is no setting `{}`", name),
                        hint.empty() ? "`:set` shows them all" : hint);
}

bool choose_process(Shell& shell, std::string_view argument) {
  Workspace& workspace = shell.workspace();
  if (argument.empty()) {
    shell.say(workspace.target_pid() ? fmt::format("process {}", workspace.target_pid()) : "all processes");
    return true;
  }
  int32_t pid = 0;
  if (argument != "off") {
    const auto number = number_of<int32_t>(argument);
    if (!number || *number <= 0)
      return shell.complain(fmt::format("`{}` is no process id", argument),
                            "write `:pid 1234`, or `:pid off`");
    pid = *number;
    if (kill(pid, 0) != 0 && errno == ESRCH)
      return shell.complain(fmt::format("there is no process {}", pid));
  }
  workspace.set_target_pid(pid);
  bool good = true;
  for (LiveClause& clause : shell.clauses()) {
    if (clause.attached) good = shell.replace(clause, clause.text) && good;
  }
  shell.say(pid ? fmt::format("process {} from now on", pid) : "all processes from now on");
  return good;
}

}  // namespace tracer

// The commands of an interactive session: lines that begin with a colon.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tracer {

class Shell;

struct Command {
  std::string_view name;
  std::string_view arguments;  // as :help shows them
  std::string_view doc;        // one line
  // False: it failed, and said so.
  bool (*run)(Shell& shell, std::string_view arguments);
};

std::span<const Command> commands();
// By name or the beginning of one; null: no such command, or several.
const Command* find_command(std::string_view name);
// The whole name of one.
bool is_command_name(std::string_view name);

// One in each line of a family: commands_clauses.cpp, commands_look.cpp, commands_files.cpp, snap.cpp,
// watch.cpp.
bool show_probes(Shell& shell, std::string_view arguments);
bool stop_clauses(Shell& shell, std::string_view arguments);
bool start_clauses(Shell& shell, std::string_view arguments);
bool delete_clauses(Shell& shell, std::string_view arguments);
bool edit_clause(Shell& shell, std::string_view arguments);
bool show_source(Shell& shell, std::string_view arguments);
bool wait_a_while(Shell& shell, std::string_view arguments);

bool show_help(Shell& shell, std::string_view arguments);
bool show_maps(Shell& shell, std::string_view arguments);
bool clear_map(Shell& shell, std::string_view arguments);
bool forget_map(Shell& shell, std::string_view arguments);
bool list_matches(Shell& shell, std::string_view arguments);
bool describe_probe(Shell& shell, std::string_view arguments);
bool show_type(Shell& shell, std::string_view arguments);

bool load_file(Shell& shell, std::string_view arguments);
bool save_file(Shell& shell, std::string_view arguments);
bool change_setting(Shell& shell, std::string_view arguments);
bool choose_process(Shell& shell, std::string_view arguments);

bool snap(Shell& shell, std::string_view arguments);
bool watch_maps(Shell& shell, std::string_view arguments);

}  // namespace tracer

#include "cli/interactive/interactive.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "cli/interactive/completion.h"
#include "cli/interactive/shell.h"
#include "runtime/launch.h"
#include "runtime/privileges.h"

namespace tracer {
namespace {

// As the XDG base directory specification says; empty when there is no such place.
std::string history_file() {
  namespace fs = std::filesystem;
  const char* state = getenv("XDG_STATE_HOME");
  const char* home = getenv("HOME");
  fs::path folder;
  if (state && *state)
    folder = state;
  else if (home && *home)
    folder = fs::path(home) / ".local" / "state";
  else
    return "";
  folder /= "tracer";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    fmt::print(stderr, "WARNING: no history is kept: `{}`: {}\n", folder.string(), error.message());
    return "";
  }
  return folder / "history";
}

}  // namespace

int run_interactive(const Options& options) {
  if (!options.user_session)
    if (auto allowed = check_privileges(); !allowed) return complain(allowed.error(), kScriptError);
  KernelInfo kernel({}, {}, options.traceable_functions);
  auto shell = Shell::open(options, kernel);
  if (!shell) return complain(shell.error(), kScriptError);
  std::unique_ptr<Console> console = make_pipe_console();
  if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
    auto terminal = make_terminal_console(history_file(),
                                          [&](std::string_view line) { return (*shell)->complete(line); });
    if (!terminal) return complain(terminal.error(), kScriptError);
    console = std::move(*terminal);
  }
  return (*shell)->run(*console);
}

}  // namespace tracer

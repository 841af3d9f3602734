// An interactive session: reads entries and commands, runs them, and lets the clauses go on meanwhile.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/interactive/console.h"
#include "cli/interactive/workspace.h"
#include "probes/attach.h"
#include "runtime/signals.h"

namespace tracer {

// Clauses that were entered together.
struct LiveClause {
  int number = 0;
  std::string text;
  std::unique_ptr<LiveScript> script;
  size_t probes = 0;  // as last attached, `self` and `end` among them
  bool attached = true;
};

class Shell {
 public:
  using Clock = std::chrono::steady_clock;

  static Result<std::unique_ptr<Shell>> open(const Options& options, KernelInfo& kernel);

  // Reads `console` to its end, after the script of the command line; with --watch only shows the maps of
  // that. Gives the exit status.
  int run(Console& console);

  // ---- what commands use

  // A clause, a declaration, a statement, an expression, or a command. False: it failed, and was said so.
  bool enter(const std::string& text);
  // Text without `:`.
  bool command(std::string_view text);
  // Entries as they stand in a file, one after the other.
  bool load_text(const std::string& text);

  // What the word at the end of the line that is being typed can become.
  Completion complete(std::string_view line);

  Console& console() { return *console_; }
  Workspace& workspace() { return workspace_; }
  std::deque<LiveClause>& clauses() { return clauses_; }
  LiveClause* find(int number);

  bool start(LiveClause& clause);
  void stop(LiveClause& clause);
  // Runs its `end` clauses, and forgets it.
  void remove(int number);
  // Puts other clauses in its place, or leaves it as it is when they are wrong.
  bool replace(LiveClause& clause, const std::string& text);

  // Lets everything go on until `fd` can be read (-1: no such thing), the time is over or Ctrl-C; with
  // `tell_signals` until a signal that the console handles as well.
  Waited wait(int fd, std::optional<Clock::time_point> until, bool tell_signals = false);
  // Ctrl-C was pressed since it was asked last.
  bool interrupted();
  void quit() { quit_ = true; }

  // What the session itself has to say; beside JSON lines it goes to standard error.
  void say(const std::string& line);
  void say_attached(const LiveClause& clause);
  bool complain(const Error& error);
  bool complain(const std::string& text, const std::string& hint = "") { return complain(Error{text, hint}); }

 private:
  Shell(const Options& options, KernelInfo& kernel, SignalWatch signals);

  bool enter_script();
  void read_entries();
  bool add_line(std::string& entry, std::string_view line);
  bool enter_whole(std::string& entry);
  bool complain_of_command(std::string_view name);
  bool explain_failure(const std::string& text, const std::string& message);
  bool run_statements(LoadedEntry entry);
  bool add_clause(const std::string& text, LoadedEntry entry);
  bool attach(LiveScript& script, size_t& attached);
  bool begin(LiveScript& script, size_t& attached);
  void serve();
  bool wait_for_compiler(int fd);
  void notice_signals();
  void end_finished();
  void show_output();
  void end_clause(LiveClause& clause);
  void print_maps();

  const Options& options_;
  std::string output_text_;  // of scripts, until it is shown
  OutputOptions output_;
  Workspace workspace_;
  SignalWatch signals_;
  std::optional<RunTimes> run_times_;  // the kernel counts runs while it lives
  std::deque<LiveClause> clauses_;
  Console* console_ = nullptr;
  std::string entry_;         // lines typed so far of what is not whole yet
  Clock::time_point served_;  // when clauses were last looked after
  int next_number_ = 1;
  int status_ = 0;
  int loading_ = 0;  // files that load others
  bool quit_ = false, interrupted_ = false;
};

}  // namespace tracer

#include "cli/interactive/shell.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "base/files.h"
#include "base/text.h"
#include "cli/interactive/commands.h"
#include "cli/interactive/completion.h"
#include "cli/settings.h"
#include "runtime/attach_progress.h"
#include "runtime/launch.h"

namespace tracer {
namespace {

constexpr int kMostNesting = 16;  // of files that load files

OutputOptions collected_output(const Options& options, std::string& memory) {
  OutputOptions output = output_options(options);
  output.memory = &memory;
  output.quiet = true;
  return output;
}

bool is_attached(Provider provider) { return provider > Provider::Bench; }

// Whether anything can come of the script once its begin clauses have run.
bool goes_on(const Plan& plan) {
  return std::ranges::any_of(plan.probes, [](const ProbePlan& probe) {
    return is_attached(probe.provider) || probe.provider == Provider::Self || probe.provider == Provider::End;
  });
}

// Commands end with their line.
bool more_has_to_come(std::string_view entry) {
  return !trim(entry).starts_with(':') && is_unfinished(entry);
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, std::min(text.find_first_of(" \t\n"), text.size()));
}

// A line with a command between those of an entry. `a ? b` may go on with a colon.
bool leaves_entry(std::string_view entry, std::string_view line) {
  line = trim(line);
  if (!line.starts_with(':') || entry.find('?') != entry.npos) return false;
  return is_command_name(first_word(line.substr(1)));
}

// `stop 1`, `quit`: words alone, of which the first is a command's.
bool is_command_without_colon(std::string_view text) {
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) || c == ' '; };
  return std::ranges::all_of(text, is_plain) && is_command_name(first_word(text));
}

}  // namespace

Result<std::unique_ptr<Shell>> Shell::open(const Options& options, KernelInfo& kernel) {
  auto signals = SignalWatch::start(true);
  if (!signals) return std::unexpected(signals.error());
  return std::unique_ptr<Shell>(new Shell(options, kernel, std::move(*signals)));
}

Shell::Shell(const Options& options, KernelInfo& kernel, SignalWatch signals)
    : options_(options),
      output_(collected_output(options, output_text_)),
      workspace_(options, kernel, output_),
      signals_(std::move(signals)) {
  if (!options.user_session) run_times_ = RunTimes::start();
  workspace_.set_wait([this](int fd) { return wait_for_compiler(fd); });
}

int Shell::run(Console& console) {
  console_ = &console;
  const bool watches = !options_.watch.empty();
  if (!watches && console.is_terminal() && !options_.quiet)
    say("tracer: write a clause, an expression or a command; `:help` tells more, Ctrl-D ends.");
  const bool good = enter_script();
  if (!watches)
    read_entries();
  else if (!good)
    status_ = 1;
  else if (!command("watch " + options_.watch))
    status_ = 1;
  for (LiveClause& clause : clauses_) end_clause(clause);
  print_maps();
  clauses_.clear();
  return status_;
}

bool Shell::enter_script() {
  if (options_.program) return load_text(*options_.program);
  return options_.file.empty() || command("load " + options_.file);
}

void Shell::read_entries() {
  while (!quit_) {
    std::string line;
    const auto got = console_->read_line(
        !entry_.empty(), [&](int fd) { return wait(fd, {}, true); }, line);
    if (got == Console::Got::Interrupted) {
      entry_.clear();
      continue;
    }
    if (got == Console::Got::End) break;
    add_line(entry_, line);
  }
  if (!entry_.empty() && !quit_) enter_whole(entry_);
}

// Adds a line to what is not whole yet, and enters what is whole then. False: it failed, and was said so.
bool Shell::add_line(std::string& entry, std::string_view line) {
  bool good = true;
  if (!entry.empty() && leaves_entry(entry, line)) good = enter_whole(entry);
  entry += std::string(line) + "\n";
  if (trim(entry).empty()) entry.clear();
  if (entry.empty() || more_has_to_come(entry)) return good;
  return enter_whole(entry) && good;
}

bool Shell::enter_whole(std::string& entry) {
  const std::string whole(trim(std::exchange(entry, "")));
  if (loading_ == 0) console_->remember(whole);
  const bool good = enter(whole);
  show_output();
  return good;
}

Completion Shell::complete(std::string_view line) {
  std::vector<int> numbers;
  for (const LiveClause& clause : clauses_) numbers.push_back(clause.number);
  Completion completion = tracer::complete(workspace_, numbers, entry_ + std::string(line));
  const size_t before = entry_.size();
  if (completion.begin < before) return {};
  completion.begin -= before;
  return completion;
}

bool Shell::enter(const std::string& text) {
  interrupted_ = false;
  if (text.starts_with(':')) return command(std::string_view(text).substr(1));
  // Clauses are called by their number in messages.
  const bool clause = kind_of(text) == EntryKind::Script;
  auto entry = workspace_.load(clause ? fmt::format("[{}]", next_number_) : "entry", text);
  if (!entry) return explain_failure(text, entry.error());
  console_->complain(entry->warnings);
  if (!entry->script) {
    say("declared");
    return true;
  }
  return entry->kind == EntryKind::Statements ? run_statements(std::move(*entry))
                                              : add_clause(text, std::move(*entry));
}

// Who forgets the colon of a command is not helped by what is wrong with it as an expression.
bool Shell::explain_failure(const std::string& text, const std::string& message) {
  if (is_command_without_colon(text))
    return complain(fmt::format("`{}` is a command", first_word(text)), fmt::format("write `:{}`", text));
  console_->complain(message);
  return false;
}

void Shell::say(const std::string& line) {
  if (options_.format == OutputFormat::Json)
    console_->complain(line + "\n");
  else
    console_->show(line + "\n");
}

void Shell::say_attached(const LiveClause& clause) {
  say(fmt::format("[{}] attached {} probe{}", clause.number, clause.probes, clause.probes == 1 ? "" : "s"));
}

bool Shell::complain(const Error& error) {
  show_output();
  console_->complain(error_text(error));
  return false;
}

// ---------------------------------------------------------------- entries

bool Shell::run_statements(LoadedEntry entry) {
  auto ran = entry.script->run(Provider::Begin);
  if (ran) ran = entry.script->deliver_all();
  if (!ran) return complain(ran.error());
  if (!entry.value_type.empty() && options_.format == OutputFormat::Text) {
    // Behind a value of one line, below others.
    if (output_text_.ends_with('\n') && std::ranges::count(output_text_, '\n') == 1)
      output_text_.back() = ' ';
    output_text_ += fmt::format("({})\n", entry.value_type);
  }
  show_output();
  if (const auto status = entry.script->exit_status()) {
    status_ = *status;
    quit();
  }
  return true;
}

bool Shell::attach(LiveScript& script, size_t& attached) {
  std::optional<AttachProgressLine> progress(std::in_place, script.plan());
  auto summary = script.attach([&](size_t so_far) {
    progress->show(so_far);
    return !interrupted();
  });
  progress.reset();
  if (!summary) return complain(summary.error());
  for (const std::string& skipped : summary->skipped)
    console_->complain(fmt::format("WARNING: {}\n", skipped));
  attached = summary->attached;
  for (const ProbePlan& probe : script.plan().probes)
    if (probe.provider == Provider::Self || probe.provider == Provider::End) ++attached;
  return true;
}

bool Shell::begin(LiveScript& script, size_t& attached) {
  if (auto ran = script.run(Provider::Begin); !ran) return complain(ran.error());
  return attach(script, attached);
}

bool Shell::add_clause(const std::string& text, LoadedEntry entry) {
  LiveClause clause{next_number_, text, std::move(entry.script), 0};
  if (!begin(*clause.script, clause.probes)) return false;
  if (!goes_on(clause.script->plan())) {
    auto delivered = clause.script->deliver_all();
    show_output();
    return delivered ? true : complain(delivered.error());
  }
  ++next_number_;
  say_attached(clause);
  clauses_.push_back(std::move(clause));
  return true;
}

LiveClause* Shell::find(int number) {
  auto found = std::ranges::find(clauses_, number, &LiveClause::number);
  return found == clauses_.end() ? nullptr : &*found;
}

bool Shell::start(LiveClause& clause) {
  clause.attached = attach(*clause.script, clause.probes);
  return clause.attached;
}

void Shell::stop(LiveClause& clause) {
  if (auto stopped = clause.script->stop(); !stopped) complain(stopped.error());
  clause.attached = false;
  show_output();
}

void Shell::end_clause(LiveClause& clause) {
  stop(clause);
  auto ended = clause.script->run(Provider::End);
  if (ended) ended = clause.script->deliver_all();
  if (!ended) complain(ended.error());
  show_output();
}

void Shell::remove(int number) {
  LiveClause* clause = find(number);
  if (!clause) return;
  end_clause(*clause);
  std::erase_if(clauses_, [&](const LiveClause& each) { return each.number == number; });
}

bool Shell::replace(LiveClause& clause, const std::string& text) {
  auto entry = workspace_.load(fmt::format("[{}]", clause.number), text);
  if (!entry) {
    console_->complain(entry.error());
    return false;
  }
  console_->complain(entry->warnings);
  if (!entry->script || entry->kind != EntryKind::Script) return complain("this is no clause");
  size_t attached = 0;
  if (!begin(*entry->script, attached)) return false;
  stop(clause);
  clause.script = std::move(entry->script);
  clause.text = text;
  clause.probes = attached;
  clause.attached = true;
  return true;
}

bool Shell::load_text(const std::string& text) {
  if (loading_ >= kMostNesting) return complain("files load each other too deeply");
  ++loading_;
  bool good = true;
  std::string entry;
  for (std::string_view line : split(text, '\n')) {
    if (quit_ || interrupted()) break;
    if (!line.starts_with("#!")) good = add_line(entry, line) && good;
  }
  if (!entry.empty()) good = enter_whole(entry) && good;
  --loading_;
  return good;
}

}  // namespace tracer

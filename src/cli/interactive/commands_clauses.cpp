// Commands about clauses.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/interactive/arguments.h"
#include "cli/interactive/commands.h"
#include "cli/interactive/shell.h"

namespace tracer {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::string_view word : split(text, ' '))
    if (!trim(word).empty()) words.push_back(trim(word));
  return words;
}

// The clauses that `1 3` or `all` names; empty, and said, when one is wrong.
std::vector<int> numbers_of(Shell& shell, std::string_view arguments) {
  std::vector<int> numbers;
  if (arguments == "all") {
    for (const LiveClause& clause : shell.clauses()) numbers.push_back(clause.number);
    if (numbers.empty()) shell.complain("there are no clauses");
    return numbers;
  }
  for (std::string_view word : words_of(arguments)) {
    const auto number = number_of<int>(word);
    if (number && shell.find(*number)) {
      numbers.push_back(*number);
      continue;
    }
    shell.complain(fmt::format("there is no clause `{}`", word), "`:probes` shows their numbers");
    return {};
  }
  if (numbers.empty())
    shell.complain("the number of a clause is missing", "`:probes` shows the numbers; `all` means all");
  return numbers;
}

template <typename Act>
bool for_each_number(Shell& shell, std::string_view arguments, Act act) {
  const std::vector<int> numbers = numbers_of(shell, arguments);
  bool good = !numbers.empty();
  for (int number : numbers) good = act(*shell.find(number)) && good;
  return good;
}

// The first line; what follows is left out.
std::string first_line(std::string_view text) {
  constexpr size_t kWidest = 100;
  const size_t end = std::min({text.find('\n'), kWidest, text.size()});
  return end == text.size() ? std::string(text) : std::string(trim(text.substr(0, end))) + " ...";
}

struct Use {
  uint64_t runs = 0, nanoseconds = 0;
};

Use use_of(LiveClause& clause) {
  Use use;
  for (const ProgramRun& run : clause.script->session().runs()) {
    use.runs += run.runs;
    use.nanoseconds += run.nanoseconds;
  }
  return use;
}

}  // namespace

bool show_probes(Shell& shell, std::string_view) {
  if (shell.clauses().empty()) {
    shell.say("no clauses; write one: `kprobe:vfs_read { @[comm] = count(); }`");
    return true;
  }
  shell.say(fmt::format("{:>4}  {:<8} {:>7} {:>10} {:>8} {:>8}  {}", "N", "STATE", "PROBES", "HITS", "NS/HIT",
                        "LOST", "SOURCE"));
  for (LiveClause& clause : shell.clauses()) {
    const Use use = use_of(clause);
    shell.say(fmt::format("{:>4}  {:<8} {:>7} {:>10} {:>8} {:>8}  {}", clause.number,
                          clause.attached ? "attached" : "stopped", clause.probes, use.runs,
                          use.runs ? use.nanoseconds / use.runs : 0, clause.script->lost(),
                          first_line(clause.text)));
  }
  return true;
}

bool stop_clauses(Shell& shell, std::string_view arguments) {
  return for_each_number(shell, arguments, [&](LiveClause& clause) {
    if (!clause.attached) return shell.complain(fmt::format("clause {} is stopped", clause.number));
    shell.stop(clause);
    shell.say(fmt::format("[{}] stopped", clause.number));
    return true;
  });
}

bool start_clauses(Shell& shell, std::string_view arguments) {
  return for_each_number(shell, arguments, [&](LiveClause& clause) {
    if (clause.attached) return shell.complain(fmt::format("clause {} is attached", clause.number));
    if (!shell.start(clause)) return false;
    shell.say_attached(clause);
    return true;
  });
}

bool delete_clauses(Shell& shell, std::string_view arguments) {
  const std::vector<int> numbers = numbers_of(shell, arguments);
  for (int number : numbers) {
    shell.remove(number);
    shell.say(fmt::format("[{}] deleted", number));
  }
  return !numbers.empty();
}

bool edit_clause(Shell& shell, std::string_view arguments) {
  const size_t blank = std::min(arguments.find_first_of(" \t"), arguments.size());
  const std::vector<int> numbers = numbers_of(shell, arguments.substr(0, blank));
  if (numbers.size() != 1) return false;
  LiveClause& clause = *shell.find(numbers.front());
  const std::string text(trim(arguments.substr(blank)));
  if (text.empty()) {
    if (!shell.console().is_terminal())
      return shell.complain("the new text is missing", fmt::format("write `:edit {} CLAUSE`", clause.number));
    shell.console().offer(fmt::format(":edit {} {}", clause.number, clause.text));
    return true;
  }
  if (!shell.replace(clause, text)) return false;
  shell.say_attached(clause);
  return true;
}

bool show_source(Shell& shell, std::string_view arguments) {
  if (shell.clauses().empty() && arguments.empty()) return true;
  return for_each_number(shell, arguments.empty() ? "all" : arguments, [&](LiveClause& clause) {
    shell.say(fmt::format("[{}] {}", clause.number, clause.text));
    return true;
  });
}

bool wait_a_while(Shell& shell, std::string_view arguments) {
  std::optional<Shell::Clock::time_point> until;
  if (!arguments.empty()) {
    const auto time = time_of(arguments);
    if (!time) return shell.complain(fmt::format("`{}` is no time", arguments), "write `5s` or `200ms`");
    until = Shell::Clock::now() + *time;
  }
  shell.wait(-1, until);
  return true;
}

}  // namespace tracer

// Where the lines of an interactive session come from and where its answers go: a terminal with an editor,
// or a pipe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tracer {

// What a wait has come to.
enum class Waited : uint8_t {
  Ready,        // the descriptor can be read
  Time,         // the time is over
  Signal,       // one that the console handles, as when its size changed
  Interrupted,  // Ctrl-C
  Ended,        // the session shall end
};

class Console {
 public:
  virtual ~Console() = default;

  enum class Got : uint8_t { Line, Interrupted, End };
  // Gives a line without its newline. While none is there `wait(fd)` is called, which lets the session go on
  // until `fd` can be read. `more`: the line continues an entry.
  virtual Got read_line(bool more, const std::function<Waited(int fd)>& wait, std::string& line) = 0;
  // Answers and output of clauses; on a terminal above what is being typed.
  virtual void show(std::string_view text) = 0;
  // Errors and warnings.
  virtual void complain(std::string_view text) = 0;
  virtual bool is_terminal() const = 0;
  // While held, what is shown waits: something else has the screen.
  virtual void hold(bool) {}
  // An entry that is whole; kept for the next sessions.
  virtual void remember(const std::string&) {}
  // The next line begins with this text, to be edited.
  virtual void offer(const std::string&) {}
};

// Candidates for the word that ends at the cursor.
struct Completion {
  size_t begin = 0;  // where the word begins in the line
  std::vector<std::string> candidates;
};
using Complete = std::function<Completion(std::string_view line_to_cursor)>;

// Lines of standard input, as they are.
std::unique_ptr<Console> make_pipe_console();
// Standard input and output are terminals. `history_file`: empty: none is kept.
Result<std::unique_ptr<Console>> make_terminal_console(const std::string& history_file, Complete complete);

}  // namespace tracer

// A terminal: libedit edits the line; output goes above it.
#include <histedit.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <filesystem>

#include "base/colour.h"
#include "base/text.h"
#include "cli/interactive/console.h"

namespace tracer {
namespace {

constexpr int kHistorySize = 1000;
constexpr char kInvisible = '\1';  // around what a prompt holds for the terminal's eyes only
constexpr std::string_view kPrompt = "tracer> ", kContinued = "   ...> ";

volatile sig_atomic_t resized = 0, suspended = 0;

void on_signal(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigaction(signal, &action, nullptr);
}

// While a line is edited Ctrl-Z must not leave the terminal as the editor needs it.
class SuspendWatch {
 public:
  SuspendWatch() {
    on_signal(SIGTSTP, [](int) { suspended = 1; });
  }
  ~SuspendWatch() { on_signal(SIGTSTP, SIG_DFL); }
  SuspendWatch(const SuspendWatch&) = delete;
};

struct EndEditLine {
  void operator()(EditLine* line) const { el_end(line); }
};
struct EndHistory {
  void operator()(History* history) const { history_end(history); }
};

size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// Rows of the screen above the end of `text`, which begins in `column`. Searching the history adds a line.
size_t rows_above(std::string_view text, size_t column, size_t width) {
  std::mbstate_t state{};
  size_t rows = 0;
  while (!text.empty()) {
    wchar_t c = 0;
    size_t length = std::mbrtowc(&c, text.data(), text.size(), &state);
    if (length == 0 || length > text.size()) length = 1, state = {}, c = L' ';
    text.remove_prefix(length);
    const size_t columns = static_cast<size_t>(std::max(wcwidth(c), 0));
    const bool fits = c != L'\n' && column + columns <= width;
    rows += fits ? 0 : 1;
    column = (fits ? column : 0) + columns;
  }
  return rows + column / width;
}

std::string common_beginning(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    const auto differ = std::ranges::mismatch(common, word).in1;
    common.erase(differ, common.end());
  }
  return common;
}

class TerminalConsole final : public Console {
 public:
  TerminalConsole(std::string history_file, Complete complete)
      : history_file_(std::move(history_file)), complete_(std::move(complete)), colours_(wants_colour()) {}

  Result<void> open();
  ~TerminalConsole() override;

  Got read_line(bool more, const std::function<Waited(int fd)>& wait, std::string& line) override;
  void show(std::string_view text) override { write_above(stdout, std::string(text)); }
  void complain(std::string_view text) override { write_above(stderr, coloured_message(text)); }
  bool is_terminal() const override { return true; }
  void remember(const std::string& entry) override;
  void offer(const std::string& text) override { offered_ = text; }
  void hold(bool held) override;

 private:
  static TerminalConsole& self(EditLine* line) {
    void* data = nullptr;
    el_get(line, EL_CLIENTDATA, &data);
    return *static_cast<TerminalConsole*>(data);
  }
  static char* prompt(EditLine* line) { return self(line).prompt_.data(); }
  static int get_character(EditLine* line, wchar_t* c) { return self(line).next_character(*c); }
  static unsigned char complete_word(EditLine* line, int) { return self(line).complete_here(); }

  int next_character(wchar_t& c);
  void fit_to_size();
  void suspend();
  unsigned char complete_here();
  void write_above(FILE* to, const std::string& text);
  void list(const std::vector<std::string>& words);

  const std::string history_file_;
  const Complete complete_;
  const bool colours_;
  std::unique_ptr<EditLine, EndEditLine> line_;
  std::unique_ptr<History, EndHistory> history_;
  std::string prompt_, offered_;
  const std::function<Waited(int fd)>* wait_ = nullptr;  // while a line is edited
  bool interrupted_ = false;
  bool held_ = false;
  std::string waiting_;  // while held
};

Result<void> TerminalConsole::open() {
  if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
  line_.reset(el_init("tracer", stdin, stdout, stderr));
  history_.reset(history_init());
  if (!line_ || !history_) return fail("the terminal cannot be used for editing");
  EditLine* line = line_.get();
  el_set(line, EL_CLIENTDATA, this);
  el_set(line, EL_PROMPT_ESC, &TerminalConsole::prompt, kInvisible);
  el_set(line, EL_EDITOR, "emacs");
  el_set(line, EL_SIGNAL, 0);
  el_set(line, EL_GETCFN, &TerminalConsole::get_character);
  el_set(line, EL_ADDFN, "tracer-complete", "complete the word", &TerminalConsole::complete_word);
  el_set(line, EL_BIND, "^I", "tracer-complete", nullptr);
  el_set(line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  HistEvent event;
  history(history_.get(), &event, H_SETSIZE, kHistorySize);
  history(history_.get(), &event, H_SETUNIQUE, 1);
  el_set(line, EL_HIST, history, history_.get());
  if (!history_file_.empty()) history(history_.get(), &event, H_LOAD, history_file_.c_str());
  on_signal(SIGWINCH, [](int) { resized = 1; });
  return {};
}

TerminalConsole::~TerminalConsole() {
  if (!history_ || history_file_.empty()) return;
  HistEvent event;
  if (history(history_.get(), &event, H_SAVE, history_file_.c_str()) < 0)
    fprintf(stderr, "WARNING: the history could not be written to `%s`\n", history_file_.c_str());
}

Console::Got TerminalConsole::read_line(bool more, const std::function<Waited(int fd)>& wait,
                                        std::string& line) {
  const std::string_view text = more ? kContinued : kPrompt;
  const auto code = [](const char* sequence) { return std::string(1, kInvisible) + sequence + kInvisible; };
  prompt_ = colours_ ? code("\033[1m") + std::string(text) + code("\033[0m") : std::string(text);
  std::ranges::replace(offered_, '\n', ' ');
  if (!offered_.empty()) el_push(line_.get(), offered_.c_str());
  offered_.clear();
  interrupted_ = false;
  wait_ = &wait;
  int count = 0;
  const SuspendWatch watch;
  const char* got = el_gets(line_.get(), &count);
  wait_ = nullptr;
  if (interrupted_) return Got::Interrupted;
  if (!got || count <= 0) {
    fputc('\n', stdout);
    return Got::End;
  }
  line.assign(got, static_cast<size_t>(count));
  if (line.ends_with('\n')) line.pop_back();
  return Got::Line;
}

int TerminalConsole::next_character(wchar_t& c) {
  std::mbstate_t state{};
  for (;;) {
    const Waited waited = (*wait_)(STDIN_FILENO);
    if (std::exchange(resized, 0)) fit_to_size();
    if (std::exchange(suspended, 0)) suspend();
    if (waited == Waited::Ended) return 0;
    if (waited == Waited::Interrupted) {
      interrupted_ = true;
      fputs("^C", stdout);
      c = L'\n';
      return 1;
    }
    if (waited != Waited::Ready) continue;
    char byte;
    if (read(STDIN_FILENO, &byte, 1) != 1) return 0;
    const size_t length = std::mbrtowc(&c, &byte, 1, &state);
    if (length == static_cast<size_t>(-2)) continue;  // more bytes belong to it
    if (length == static_cast<size_t>(-1)) state = {};
    if (length <= 1) return 1;
  }
}

void TerminalConsole::fit_to_size() {
  el_resize(line_.get());
  fputs("\r\033[J", stdout);
  fflush(stdout);
  el_set(line_.get(), EL_REFRESH);
}

// Ctrl-Z: gives the terminal back, stops, and goes on where it was.
void TerminalConsole::suspend() {
  el_set(line_.get(), EL_PREP_TERM, 0);
  fputc('\n', stdout);
  fflush(stdout);
  on_signal(SIGTSTP, SIG_DFL);
  raise(SIGTSTP);
  on_signal(SIGTSTP, [](int) { suspended = 1; });
  el_set(line_.get(), EL_PREP_TERM, 1);
  fit_to_size();
}

// Clears what is being typed, writes, and lets libedit draw it again.
void TerminalConsole::write_above(FILE* to, const std::string& text) {
  constexpr size_t kMostHeld = 1 << 20;
  if (text.empty()) return;
  if (held_) {
    waiting_ += text;
    if (waiting_.size() > kMostHeld) waiting_.erase(0, waiting_.find('\n', waiting_.size() - kMostHeld) + 1);
    return;
  }
  fflush(stdout);
  if (wait_) {
    const LineInfo* line = el_line(line_.get());
    const std::string_view before(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
    fputs("\r", stdout);
    if (const size_t rows = rows_above(before, kPrompt.size(), terminal_width()); rows > 0)
      fprintf(stdout, "\033[%zuA", rows);
    fputs("\033[J", stdout);
    fflush(stdout);
  }
  fwrite(text.data(), 1, text.size(), to);
  if (!text.ends_with('\n')) fputc('\n', to);
  fflush(to);
  if (wait_) el_set(line_.get(), EL_REFRESH);
}

void TerminalConsole::hold(bool held) {
  held_ = held;
  if (!held) write_above(stdout, std::exchange(waiting_, ""));
}

unsigned char TerminalConsole::complete_here() {
  const LineInfo* line = el_line(line_.get());
  const std::string_view text(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
  const Completion completion = complete_(text);
  if (completion.candidates.empty() || completion.begin > text.size()) return CC_REFRESH_BEEP;
  std::string common = common_beginning(completion.candidates);
  const std::string_view written = text.substr(completion.begin);
  const bool one = completion.candidates.size() == 1;
  if (common.size() > written.size()) {
    if (one && !common.ends_with(':') && !common.ends_with('(') && !common.ends_with(' ') &&
        !common.ends_with('/') && !common.starts_with('@'))
      common += ' ';
    el_insertstr(line_.get(), common.substr(written.size()).c_str());
    return CC_REFRESH;
  }
  if (one) return CC_NORM;
  fputc('\n', stdout);
  list(completion.candidates);
  el_set(line_.get(), EL_REFRESH);
  return CC_NORM;
}

void TerminalConsole::list(const std::vector<std::string>& words) {
  constexpr size_t kMost = 100;
  size_t widest = 0;
  for (const std::string& word : words) widest = std::max(widest, word.size() + 2);
  const size_t in_line = std::max<size_t>(terminal_width() / widest, 1);
  for (size_t i = 0; i < std::min(words.size(), kMost); ++i)
    fprintf(stdout, "%-*s%s", static_cast<int>(widest), words[i].c_str(), (i + 1) % in_line == 0 ? "\n" : "");
  if (std::min(words.size(), kMost) % in_line != 0) fputc('\n', stdout);
  if (words.size() > kMost) fputs("... and more: type on, and there will be fewer\n", stdout);
  fflush(stdout);
}

// An entry of several lines becomes one line, unless a comment would swallow what follows it.
void TerminalConsole::remember(const std::string& entry) {
  HistEvent event;
  std::string line = entry;
  if (line.find("//") == line.npos) std::ranges::replace(line, '\n', ' ');
  for (std::string_view each : split(line, '\n'))
    if (!trim(each).empty()) history(history_.get(), &event, H_ENTER, std::string(each).c_str());
}

}  // namespace

Result<std::unique_ptr<Console>> make_terminal_console(const std::string& history_file, Complete complete) {
  auto console = std::make_unique<TerminalConsole>(history_file, std::move(complete));
  if (auto opened = console->open(); !opened) return std::unexpected(opened.error());
  return console;
}

}  // namespace tracer

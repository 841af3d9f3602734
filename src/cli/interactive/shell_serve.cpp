// What goes on beside the entries of a session: output of clauses, signals, the end of clauses.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cli/interactive/shell.h"

namespace tracer {
namespace {

constexpr auto kLatest = std::chrono::milliseconds(100);  // that output may come late

}  // namespace

Waited Shell::wait(int fd, std::optional<Clock::time_point> until, bool tell_signals) {
  for (;;) {
    std::vector<pollfd> fds = {{fd, POLLIN, 0}, {signals_.fd(), POLLIN, 0}};
    // Who waits for no input has to hear of a terminal that goes away too.
    if (fd < 0 && console_->is_terminal()) fds[0] = {STDIN_FILENO, 0, 0};
    for (LiveClause& clause : clauses_) fds.push_back({clause.script->session().event_fd(), POLLIN, 0});
    int timeout = clauses_.empty() ? -1 : static_cast<int>(kLatest.count());
    if (until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()).count();
      const int most = static_cast<int>(std::clamp<int64_t>(left, 0, 1000));
      timeout = timeout < 0 ? most : std::min(timeout, most);
    }
    const bool disturbed = ::poll(fds.data(), fds.size(), timeout) < 0;
    if (disturbed && errno != EINTR) return Waited::Ended;
    // In a flood of output all that was typed comes first: else each key would wait for a screenful.
    const bool typed = fd >= 0 && fds[0].revents && console_->is_terminal();
    if (typed && Clock::now() - served_ < kLatest)
      notice_signals();
    else
      serve();
    if (fds[0].revents && fd < 0) quit();
    if (quit_) return Waited::Ended;
    if (interrupted()) return Waited::Interrupted;
    if (fds[0].revents) return Waited::Ready;
    if (disturbed && tell_signals) return Waited::Signal;
    if (until && Clock::now() >= *until) return Waited::Time;
  }
}

// Clauses rest meanwhile: who compiles may hold one of them, which must not end under it. False: Ctrl-C.
bool Shell::wait_for_compiler(int fd) {
  for (;;) {
    pollfd fds[] = {{fd, POLLIN, 0}, {signals_.fd(), POLLIN, 0}};
    if (::poll(fds, std::size(fds), -1) < 0 && errno != EINTR) return false;
    notice_signals();
    if (quit_) return false;
    if (interrupted_) {
      interrupted_ = loading_ > 0;  // the file goes no further either
      return false;
    }
    if (fds[0].revents) return true;
  }
}

void Shell::notice_signals() {
  const SignalWatch::Arrived arrived = signals_.take();
  if (arrived.terminate) quit();
  if (arrived.end) interrupted_ = true;
  if (!arrived.user) return;
  for (LiveClause& clause : clauses_)
    if (auto ran = clause.script->run(Provider::Self); !ran) complain(ran.error());
}

bool Shell::interrupted() {
  notice_signals();
  return std::exchange(interrupted_, false);
}

void Shell::serve() {
  notice_signals();
  for (LiveClause& clause : clauses_) {
    if (!clause.attached) continue;
    auto delivered = clause.script->deliver();
    if (delivered) continue;
    complain(delivered.error());
    stop(clause);
  }
  show_output();
  end_finished();
  served_ = Clock::now();
}

void Shell::end_finished() {
  std::vector<int> finished;
  for (LiveClause& clause : clauses_)
    if (clause.attached && clause.script->finished()) finished.push_back(clause.number);
  for (int number : finished) {
    remove(number);
    say(fmt::format("[{}] ended", number));
  }
}

// In pieces, so that Ctrl-C ends what a slow terminal would take long to show.
void Shell::show_output() {
  constexpr size_t kPiece = 1 << 14;
  const std::string text = std::exchange(output_text_, "");
  for (size_t begin = 0; begin < text.size();) {
    const size_t newline = text.find('\n', std::min(begin + kPiece, text.size()));
    const size_t end = newline == text.npos ? text.size() : newline + 1;
    console_->show(std::string_view(text).substr(begin, end - begin));
    begin = end;
    notice_signals();
    if (begin == text.size() || !interrupted_ || !console_->is_terminal()) continue;
    console_->show("... Ctrl-C: the rest is left out\n");
    return;
  }
}

// As a script's end prints them.
void Shell::print_maps() {
  std::vector<std::string> names;
  for (const ast::KnownMap& map : workspace_.maps()) names.push_back(map.plan.name);
  if (names.empty()) return;
  std::ranges::sort(names);
  auto view = workspace_.load_view(names);
  if (!view) return console_->complain(view.error());
  if (!(*view)->plan().config.print_maps_on_exit) return;
  for (uint32_t map = 0; map < names.size(); ++map) (*view)->print_map(map);
  if (options_.format == OutputFormat::Text && !output_text_.empty()) output_text_.insert(0, "\n\n");
  show_output();
}

}  // namespace tracer

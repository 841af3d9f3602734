// `:watch`: maps, shown again and again; on a terminal on the whole screen, else one picture after another.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "cli/interactive/arguments.h"
#include "cli/interactive/commands.h"
#include "cli/interactive/shell.h"
#include "cli/interactive/watch_frame.h"
#include "cli/interactive/watch_screen.h"

namespace tracer {
namespace {

struct WatchRequest {
  std::vector<std::string> maps;
  std::chrono::milliseconds interval{1000};
  uint64_t count = 0;  // pictures; 0: no end
};

// Nothing, and said, when it is wrong.
std::optional<WatchRequest> request_of(Shell& shell, std::string_view arguments) {
  WatchRequest request;
  std::vector<std::string> known;
  for (const ast::KnownMap& map : shell.workspace().maps()) known.push_back(map.plan.name);
  bool has_time = false;
  for (std::string_view word : split(arguments, ' ')) {
    if (word.empty()) continue;
    if (word.starts_with('@')) {
      if (std::ranges::find(known, word) == known.end()) {
        shell.complain(fmt::format("there is no map `{}`", word), did_you_mean(word, known));
        return std::nullopt;
      }
      request.maps.emplace_back(word);
    } else if (const auto time = time_of(word); time && !has_time) {
      request.interval = *time;
      has_time = true;
    } else if (const auto count = number_of<uint64_t>(word); count && has_time && *count > 0) {
      request.count = *count;
    } else {
      shell.complain(fmt::format("`{}` is no map and no time", word), "write `:watch @c 2s`");
      return std::nullopt;
    }
  }
  if (request.maps.empty()) request.maps = known;
  if (request.maps.empty()) {
    shell.complain("there are no maps to watch",
                   "write a clause first: `kprobe:vfs_read { @[comm] = count(); }`");
    return std::nullopt;
  }
  return request;
}

// How long a new size of the terminal or the end of the clauses may go unseen.
constexpr auto kLook = std::chrono::milliseconds(200);

// Nothing changes any more once the last clause has ended.
bool has_ended(Shell& shell, bool had_clauses) { return had_clauses && shell.clauses().empty(); }

// What keys have changed.
struct View {
  WatchOrder order = WatchOrder::Value;
  size_t first = 0, left = 0;
  bool paused = false, quit = false;
};

void move(size_t& place, ptrdiff_t by, size_t last) {
  const ptrdiff_t to = static_cast<ptrdiff_t>(std::min(place, last)) + by;
  place = static_cast<size_t>(std::clamp<ptrdiff_t>(to, 0, static_cast<ptrdiff_t>(last)));
}

// `last`: the furthest line that the screen may begin with.
void press(View& view, Key key, size_t last) {
  constexpr size_t kMostLeft = 4096;
  constexpr ptrdiff_t kColumns = 8;
  const auto page = static_cast<ptrdiff_t>(std::max<size_t>(Screen::size().rows, 3) - 2);
  switch (key) {
    case Key::Quit:
      view.quit = true;
      break;
    case Key::Pause:
      view.paused = !view.paused;
      break;
    case Key::ByValue:
      view.order = WatchOrder::Value;
      break;
    case Key::ByRate:
      view.order = WatchOrder::Rate;
      break;
    case Key::ByKey:
      view.order = WatchOrder::Key;
      break;
    case Key::Up:
      move(view.first, -1, last);
      break;
    case Key::Down:
      move(view.first, 1, last);
      break;
    case Key::PageUp:
      move(view.first, -page, last);
      break;
    case Key::PageDown:
      move(view.first, page, last);
      break;
    case Key::Home:
      view.first = view.left = 0;
      break;
    case Key::End:
      view.first = last;
      break;
    case Key::Left:
      move(view.left, -kColumns, kMostLeft);
      break;
    case Key::Right:
      move(view.left, kColumns, kMostLeft);
      break;
  }
}

// What is seen now, drawn again whenever a key, the size of the terminal or new values change it.
class Watching {
 public:
  Watching(Shell& shell, WatchFrames& frames) : shell_(shell), frames_(frames), screen_(shell.console()) {}

  bool paused() const { return view_.paused; }

  // Until the next picture is due. False: the watching shall end.
  bool show(Shell::Clock::time_point until) {
    draw();
    for (;;) {
      const auto look = Shell::Clock::now() + kLook;
      const Waited waited = shell_.wait(STDIN_FILENO, std::min(until, look));
      if (waited == Waited::Interrupted || waited == Waited::Ended) return false;
      if (waited == Waited::Ready && !take_keys()) return false;
      if (waited == Waited::Time && (Shell::Clock::now() >= until || has_ended(shell_, had_clauses_)))
        return true;
      if (waited == Waited::Ready || Screen::size() != drawn_for_) draw();
    }
  }

 private:
  size_t last_line() const {
    const size_t room = Screen::size().rows - 1;
    return lines_.size() > room ? lines_.size() - room : 0;
  }

  void draw() {
    drawn_for_ = Screen::size();
    lines_ = frames_.lines(view_.order, drawn_for_.columns);
    view_.first = std::min(view_.first, last_line());
    const std::string more =
        last_line() == 0
            ? ""
            : fmt::format("; {} of {}", std::min(view_.first + drawn_for_.rows - 1, lines_.size()),
                          lines_.size());
    screen_.draw(lines_, view_.first, view_.left,
                 fmt::format(" {}by {}{}; keys: v r k order, p pause, arrows scroll, q quit ",
                             view_.paused ? "PAUSED; " : "", order_name(view_.order), more));
  }

  // False: quit, or the terminal has gone.
  bool take_keys() {
    char bytes[64];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count <= 0) return false;
    for (Key key : keys_.read({bytes, static_cast<size_t>(count)})) press(view_, key, last_line());
    return !view_.quit;
  }

  Shell& shell_;
  WatchFrames& frames_;
  const bool had_clauses_ = !shell_.clauses().empty();
  Screen screen_;
  View view_;
  KeyReader keys_;
  Screen::Size drawn_for_;
  std::vector<std::string> lines_;
};

bool on_screen(Shell& shell, WatchFrames& frames, const WatchRequest& request) {
  const bool had_clauses = !shell.clauses().empty();
  Watching watching(shell, frames);
  for (uint64_t shown = 0; request.count == 0 || shown < request.count; ++shown) {
    if (!watching.paused())
      if (auto read = frames.read(); !read) return shell.complain(read.error());
    if (has_ended(shell, had_clauses) || !watching.show(Shell::Clock::now() + request.interval)) return true;
  }
  return true;
}

// False: Ctrl-C.
bool pass(Shell& shell, bool had_clauses, Shell::Clock::time_point until) {
  while (Shell::Clock::now() < until && !has_ended(shell, had_clauses))
    if (shell.wait(-1, std::min(until, Shell::Clock::now() + kLook)) != Waited::Time) return false;
  return true;
}

bool one_after_another(Shell& shell, WatchFrames& frames, const WatchRequest& request) {
  constexpr size_t kWidth = 80;
  const bool had_clauses = !shell.clauses().empty();
  for (uint64_t shown = 0; request.count == 0 || shown < request.count; ++shown) {
    if (has_ended(shell, had_clauses)) break;
    if (shown > 0 && !pass(shell, had_clauses, Shell::Clock::now() + request.interval)) break;
    if (auto read = frames.read(); !read) return shell.complain(read.error());
    std::string text;
    for (const std::string& line : frames.lines(WatchOrder::Value, kWidth)) text += line + "\n";
    shell.say(text);
  }
  return true;
}

}  // namespace

bool watch_maps(Shell& shell, std::string_view arguments) {
  const auto request = request_of(shell, arguments);
  if (!request) return false;
  auto view = shell.workspace().load_view(request->maps);
  if (!view) {
    shell.console().complain(view.error());
    return false;
  }
  WatchFrames frames(**view, shell.workspace().symbols());
  return shell.console().is_terminal() ? on_screen(shell, frames, *request)
                                       : one_after_another(shell, frames, *request);
}

}  // namespace tracer

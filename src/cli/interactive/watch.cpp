// `:watch`: maps, shown again and again; on a terminal on the whole screen, else one picture after another.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "cli/interactive/arguments.h"
#include "cli/interactive/commands.h"
#include "cli/interactive/shell.h"
#include "cli/interactive/watch_frame.h"

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

// Nothing changes any more once the last clause has ended.
bool has_ended(Shell& shell, bool had_clauses) { return had_clauses && shell.clauses().empty(); }

// The whole screen, and single keys, while it lives.
class Screen {
 public:
  explicit Screen(Console& console) : console_(console) {
    console_.hold(true);
    tcgetattr(STDIN_FILENO, &before_);
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    keys.c_cc[VMIN] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    put("\033[?1049h\033[?25l");
  }
  ~Screen() {
    put("\033[?25h\033[?1049l");
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    console_.hold(false);
  }
  Screen(const Screen&) = delete;

  static winsize size() {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 && size.ws_col > 0;
    return known ? size : winsize{24, 80, 0, 0};
  }

  // As many lines from `first` on as the screen has room for, and a last line of its own.
  void draw(const std::vector<std::string>& lines, size_t first, const std::string& last) {
    const winsize room = size();
    std::string text = "\033[H";
    for (size_t row = 0; row + 1 < room.ws_row; ++row) {
      if (first + row < lines.size()) text += clipped(lines[first + row], room.ws_col);
      text += "\033[K\r\n";
    }
    put(text + "\033[7m" + clipped(last, room.ws_col) + "\033[0m\033[K");
  }

 private:
  // Control bytes that a value holds must not move the cursor.
  static std::string clipped(const std::string& line, size_t width) {
    std::string text;
    size_t columns = 0;
    for (unsigned char c : line) {
      const bool starts = (c & 0xc0) != 0x80;
      if (starts && ++columns > width) break;
      text += c < 0x20 || c == 0x7f ? ' ' : static_cast<char>(c);
    }
    return text;
  }
  static void put(const std::string& text) {
    fwrite(text.data(), 1, text.size(), stdout);
    fflush(stdout);
  }

  Console& console_;
  termios before_{};
};

// What keys have changed.
struct View {
  WatchOrder order = WatchOrder::Value;
  size_t first = 0;
  bool paused = false, quit = false;
};

void press(View& view, std::string_view keys, size_t lines) {
  const size_t page = Screen::size().ws_row > 2 ? Screen::size().ws_row - 2u : 1u;
  const size_t last = lines > page ? lines - page : 0;
  const auto move = [&](ptrdiff_t by) {
    const auto to = static_cast<ptrdiff_t>(view.first) + by;
    view.first = static_cast<size_t>(std::clamp<ptrdiff_t>(to, 0, static_cast<ptrdiff_t>(last)));
  };
  const auto step = static_cast<ptrdiff_t>(page);
  if (keys == "q" || keys == "\004") view.quit = true;
  if (keys == "p" || keys == " ") view.paused = !view.paused;
  if (keys == "v") view.order = WatchOrder::Value;
  if (keys == "r") view.order = WatchOrder::Rate;
  if (keys == "k") view.order = WatchOrder::Key;
  if (keys == "\033[A" || keys == "\033OA") move(-1);
  if (keys == "\033[B" || keys == "\033OB") move(1);
  if (keys == "\033[5~") move(-step);
  if (keys == "\033[6~") move(step);
}

bool on_screen(Shell& shell, WatchFrames& frames, const WatchRequest& request) {
  const bool had_clauses = !shell.clauses().empty();
  Screen screen(shell.console());
  View view;
  std::vector<std::string> lines;
  for (uint64_t shown = 0; request.count == 0 || shown < request.count; ++shown) {
    auto frame = frames.next(view.order);
    if (!frame) return shell.complain(frame.error());
    if (!view.paused) lines = std::move(*frame);
    if (has_ended(shell, had_clauses)) return true;
    const auto until = Shell::Clock::now() + request.interval;
    for (Waited waited = Waited::Ready; waited == Waited::Ready;) {
      press(view, "", lines.size());
      screen.draw(lines, view.first,
                  fmt::format(" {}by {}; keys: v r k order, p pause, arrows scroll, q quit ",
                              view.paused ? "PAUSED; " : "", order_name(view.order)));
      waited = shell.wait(STDIN_FILENO, until);
      if (waited == Waited::Interrupted || waited == Waited::Ended) return true;
      if (waited != Waited::Ready) break;
      char keys[16];
      const ssize_t count = read(STDIN_FILENO, keys, sizeof keys);
      if (count <= 0) return true;  // the terminal has gone
      press(view, std::string_view(keys, static_cast<size_t>(count)), lines.size());
      if (view.quit) return true;
    }
  }
  return true;
}

bool one_after_another(Shell& shell, WatchFrames& frames, const WatchRequest& request) {
  const bool had_clauses = !shell.clauses().empty();
  for (uint64_t shown = 0; request.count == 0 || shown < request.count; ++shown) {
    if (has_ended(shell, had_clauses)) break;
    if (shown > 0 && shell.wait(-1, Shell::Clock::now() + request.interval) != Waited::Time) break;
    auto frame = frames.next(WatchOrder::Value);
    if (!frame) return shell.complain(frame.error());
    std::string text;
    for (const std::string& line : *frame) text += line + "\n";
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

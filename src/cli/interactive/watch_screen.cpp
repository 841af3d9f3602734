#include "cli/interactive/watch_screen.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cwchar>

namespace tracer {
namespace {

struct KeySequence {
  std::string_view bytes;
  Key key;
};

constexpr KeySequence kKeys[] = {
    {"\033[A", Key::Up},      {"\033OA", Key::Up},        {"\033[B", Key::Down}, {"\033OB", Key::Down},
    {"\033[C", Key::Right},   {"\033OC", Key::Right},     {"\033[D", Key::Left}, {"\033OD", Key::Left},
    {"\033[5~", Key::PageUp}, {"\033[6~", Key::PageDown}, {"\033[H", Key::Home}, {"\033OH", Key::Home},
    {"\033[1~", Key::Home},   {"\033[7~", Key::Home},     {"\033[F", Key::End},  {"\033OF", Key::End},
    {"\033[4~", Key::End},    {"\033[8~", Key::End},      {"q", Key::Quit},      {"\004", Key::Quit},
    {"p", Key::Pause},        {" ", Key::Pause},          {"v", Key::ByValue},   {"r", Key::ByRate},
    {"k", Key::ByKey},
};

// Bytes that a key takes which means nothing: a sequence up to its last byte, or one byte. 0: more has to
// come.
size_t unknown_length(std::string_view bytes) {
  if (bytes[0] != '\033') return 1;
  if (bytes.size() < 2) return 0;
  if (bytes[1] == 'O') return bytes.size() < 3 ? 0 : 3;
  if (bytes[1] != '[') return 1;
  const auto last = std::ranges::find_if(bytes.substr(2), [](char c) { return c >= '@' && c <= '~'; });
  return last == bytes.end() ? 0 : static_cast<size_t>(last - bytes.begin()) + 1;
}

void put(const std::string& text) {
  fwrite(text.data(), 1, text.size(), stdout);
  fflush(stdout);
}

}  // namespace

std::vector<Key> KeyReader::read(std::string_view bytes) {
  constexpr size_t kLongest = 16;  // what is longer is no sequence
  begun_ += bytes;
  std::vector<Key> keys;
  std::string_view rest = begun_;
  while (!rest.empty()) {
    const auto known =
        std::ranges::find_if(kKeys, [&](const KeySequence& each) { return rest.starts_with(each.bytes); });
    size_t length = unknown_length(rest);
    if (known != std::end(kKeys)) {
      keys.push_back(known->key);
      length = known->bytes.size();
    }
    if (length == 0 && rest.size() < kLongest) break;
    rest.remove_prefix(std::max<size_t>(length, 1));
  }
  begun_ = std::string(rest);
  return keys;
}

std::string visible_part(std::string_view line, size_t skipped, size_t width) {
  std::string text;
  std::mbstate_t state{};
  size_t column = 0;
  while (!line.empty()) {
    wchar_t c = 0;
    size_t length = std::mbrtowc(&c, line.data(), line.size(), &state);
    int columns = length == 0 || length > line.size() ? -1 : wcwidth(c);
    const bool is_text = columns >= 0;
    if (!is_text) {
      state = {};
      length = length == 0 || length > line.size() ? 1 : length;
      columns = 1;
    }
    const size_t end = column + static_cast<size_t>(columns);
    if (end > skipped + width) break;
    if (column >= skipped) text += is_text ? line.substr(0, length) : " ";
    column = end;
    line.remove_prefix(length);
  }
  return text;
}

Screen::Screen(Console& console) : console_(console) {
  console_.hold(true);
  tcgetattr(STDIN_FILENO, &before_);
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  keys.c_cc[VMIN] = 0;
  // A session that is stopped here would leave the whole screen behind.
  keys.c_cc[VSUSP] = _POSIX_VDISABLE;
  tcsetattr(STDIN_FILENO, TCSANOW, &keys);
  put("\033[?1049h\033[?25l");
}

Screen::~Screen() {
  put("\033[?25h\033[?1049l");
  tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  console_.hold(false);
}

Screen::Size Screen::size() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 && size.ws_col > 0;
  return known ? Size{size.ws_row, size.ws_col} : Size{};
}

void Screen::draw(const std::vector<std::string>& lines, size_t first, size_t left, const std::string& last) {
  const Size room = size();
  std::string text = "\033[H";
  for (size_t row = 0; row + 1 < room.rows; ++row) {
    if (first + row < lines.size()) text += visible_part(lines[first + row], left, room.columns);
    text += "\033[K\r\n";
  }
  // The last column stays free: some terminals scroll when it is written.
  put(text + "\033[7m" + visible_part(last, 0, room.columns - 1) + "\033[0m\033[K");
}

}  // namespace tracer

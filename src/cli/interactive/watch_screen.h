// The whole screen of a terminal and its keys, for `:watch`.
#pragma once

#include <sys/ioctl.h>
#include <termios.h>

#include <string>
#include <string_view>
#include <vector>

#include "cli/interactive/console.h"

namespace tracer {

enum class Key : uint8_t {
  Up,
  Down,
  Left,
  Right,
  PageUp,
  PageDown,
  Home,
  End,
  Quit,
  Pause,
  ByValue,
  ByRate,
  ByKey,
};

// Keys come as bytes, several at once, or in pieces.
class KeyReader {
 public:
  std::vector<Key> read(std::string_view bytes);

 private:
  std::string begun_;  // a sequence that is not whole yet
};

// What is seen of a line on `width` columns when `skipped` columns are to the left of the screen. Bytes that
// would move the cursor, or are no text, become one column each.
std::string visible_part(std::string_view line, size_t skipped, size_t width);

// Has the screen, and single keys, while it lives.
class Screen {
 public:
  explicit Screen(Console& console);
  ~Screen();
  Screen(const Screen&) = delete;

  struct Size {
    size_t rows = 24, columns = 80;
    bool operator==(const Size&) const = default;
  };
  static Size size();

  // As many lines from `first` on as the screen has room for, from column `left` on, and a last line of its
  // own.
  void draw(const std::vector<std::string>& lines, size_t first, size_t left, const std::string& last);

 private:
  Console& console_;
  termios before_{};
};

}  // namespace tracer

#include "base/colour.h"

#include <unistd.h>

#include <cstdlib>

#include "base/text.h"

namespace tracer {
namespace {

struct Word {
  std::string_view text, colour;
};
constexpr Word kWords[] = {
    {"ERROR:", "\033[1;31m"}, {"WARNING:", "\033[1;33m"}, {"NOTE:", "\033[1m"}, {"HINT:", "\033[1;36m"}};
constexpr std::string_view kPlain = "\033[0m";

// The first such word of a line; source lines that are quoted have none but by chance.
void append_line(std::string& out, std::string_view line) {
  for (const Word& word : kWords) {
    const size_t at = line.find(word.text);
    if (at == line.npos) continue;
    out += line.substr(0, at);
    out += word.colour;
    out += word.text;
    out += kPlain;
    out += line.substr(at + word.text.size());
    return;
  }
  out += line;
}

}  // namespace

bool wants_colour() {
  const char* colour = std::getenv("COLOR");
  const std::string_view asked = colour ? colour : "auto";
  if (asked == "always") return true;
  const char* terminal = std::getenv("TERM");
  if (asked == "never" || std::getenv("NO_COLOR") || (terminal && std::string_view(terminal) == "dumb"))
    return false;
  return isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

std::string coloured_message(std::string_view message) {
  if (!wants_colour()) return std::string(message);
  std::string out;
  const auto lines = split(message, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    append_line(out, lines[i]);
  }
  return out;
}

}  // namespace tracer

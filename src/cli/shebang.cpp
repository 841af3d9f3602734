#include "cli/shebang.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "base/text.h"

namespace tracer {
namespace {

// Whether the file's first line is `#!`, an interpreter, and this text.
bool is_handed_by(const char* file, std::string_view text) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line) || !line.starts_with("#!")) return false;
  const std::string_view rest = trim(std::string_view(line).substr(2));
  const size_t blank = rest.find_first_of(" \t");
  return blank != rest.npos && trim(rest.substr(blank)) == trim(text);
}

}  // namespace

std::vector<std::string> split_shebang(int argc, const char* const* argv) {
  std::vector<std::string> words(argv, argv + argc);
  constexpr std::string_view kBlanks = " \t";
  if (argc < 3 || argv[1][0] != '-' || words[1].find_first_of(kBlanks) == std::string::npos) return words;
  if (!is_handed_by(argv[2], words[1])) return words;
  std::vector<std::string> options;
  const std::string_view text = words[1];
  for (size_t at = text.find_first_not_of(kBlanks); at != text.npos;) {
    const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    options.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlanks, end);
  }
  words.erase(words.begin() + 1);
  words.insert(words.begin() + 1, options.begin(), options.end());
  return words;
}

}  // namespace tracer

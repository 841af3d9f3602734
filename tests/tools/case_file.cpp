#include "case_file.h"

#include <fmt/format.h>

#include <map>
#include <regex>

#include "base/files.h"
#include "base/text.h"

namespace tracer::test {

namespace {

struct Section {
  std::string name, text;
};

// The text before the first `--- name` line has an empty name.
std::vector<Section> sections(const std::string& text) {
  std::vector<Section> found(1);
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    end = end == std::string::npos ? text.size() : end + 1;
    std::string_view line = std::string_view(text).substr(at, end - at);
    if (line.starts_with("--- ")) {
      found.push_back({std::string(trim(line.substr(4))), ""});
    } else {
      found.back().text += line;
    }
    at = end;
  }
  return found;
}

std::vector<std::string> words(const std::string& text, char separator) {
  std::vector<std::string> list;
  for (std::string_view line : split(text, '\n'))
    for (std::string_view word : split(line, separator))
      if (!trim(word).empty()) list.emplace_back(trim(word));
  return list;
}

// A line of expected text as a regular expression.
std::string line_pattern(const std::string& line) {
  std::string pattern;
  for (size_t at = 0; at < line.size();) {
    size_t open = line.find("{{", at);
    for (char c : line.substr(at, open == std::string::npos ? open : open - at)) {
      if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c;
    }
    if (open == std::string::npos) break;
    size_t close = line.find("}}", open);
    if (close == std::string::npos) close = line.size();
    while (close + 2 < line.size() && line[close + 2] == '}') close++;  // `{{[0-9]{2}}}`
    pattern += line.substr(open + 2, close - open - 2);
    at = close + 2;
  }
  return pattern;
}

bool line_matches(const std::string& expected, const std::string& actual) {
  if (expected.find("{{") == std::string::npos) return expected == actual;
  return std::regex_match(actual, std::regex(line_pattern(expected)));
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> list;
  for (std::string_view line : split(text, '\n')) list.emplace_back(line);
  if (!list.empty() && list.back().empty()) list.pop_back();
  return list;
}

}  // namespace

std::optional<Case> read_case(const std::string& path, std::string& error) {
  auto text = read_file(path);
  if (!text) {
    error = text.error().text;
    return {};
  }
  Case c;
  c.path = path;
  c.name = path.substr(path.rfind('/') + 1);
  c.sessions = {"user", "kernel"};
  bool has_script = false;
  for (const Section& section : sections(*text)) {
    if (section.name.empty()) {
      c.title = std::string(trim(section.text));
    } else if (section.name == "script") {
      // The newline before the next heading belongs to the file, not to the script.
      c.script = section.text.substr(0, section.text.size() - section.text.ends_with('\n'));
      has_script = true;
    } else if (section.name == "input") {
      c.input = section.text;
    } else if (section.name == "command") {
      c.command = words(section.text, '\n');
    } else if (section.name == "sessions") {
      c.sessions = words(section.text, ' ');
    } else if (section.name == "kernels") {
      c.kernels = words(section.text, ' ');
    } else if (section.name == "options") {
      c.options = words(section.text, ' ');
    } else if (section.name == "parameters") {
      c.parameters = words(section.text, '\n');
    } else if (section.name == "workload") {
      c.workload = std::string(trim(section.text));
    } else if (section.name == "covers") {
      // For tests/reference_rows.
    } else if (section.name == "expect") {
      c.expected_out = section.text;
    } else if (section.name == "stderr") {
      c.expected_err = section.text;
    } else if (section.name == "status") {
      c.status = std::atoi(section.text.c_str());
    } else {
      error = fmt::format("{}: unknown section '{}'", path, section.name);
      return {};
    }
  }
  if (has_script + c.command.has_value() + c.input.has_value() != 1)
    error = fmt::format("{}: needs one of the sections 'script', 'input' and 'command'", path);
  if (!c.expected_out && !c.expected_err) error = fmt::format("{}: nothing is expected", path);
  if (!error.empty()) return {};
  return c;
}

bool update_case(const Case& c, const std::string& out, const std::string& err, int status) {
  auto text = read_file(c.path);
  if (!text) return false;
  std::string result;
  for (const Section& section : sections(*text)) {
    if (section.name == "expect" || section.name == "stderr" || section.name == "status") continue;
    if (!section.name.empty()) result += fmt::format("--- {}\n", section.name);
    result += section.text;
  }
  if (c.expected_out || !out.empty()) result += "--- expect\n" + out;
  if (c.expected_err || !err.empty()) result += "--- stderr\n" + err;
  if (status != 0) result += fmt::format("--- status\n{}\n", status);
  return write_file(c.path, result).has_value();
}

std::string compare(const std::string& expected, const std::string& actual) {
  std::vector<std::string> want = lines(expected), have = lines(actual);
  // `...` behaves like `*` of a glob, over lines.
  size_t w = 0, h = 0, star = std::string::npos, resume = 0, furthest_w = 0, furthest_h = 0;
  while (h < have.size()) {
    if (w < want.size() && want[w] == "...") {
      star = w++;
      resume = h;
    } else if (w < want.size() && line_matches(want[w], have[h])) {
      w++;
      h++;
      if (h > furthest_h) furthest_w = w, furthest_h = h;
    } else if (star != std::string::npos) {
      w = star + 1;
      h = ++resume;
    } else {
      break;
    }
  }
  while (w < want.size() && want[w] == "...") w++;
  if (h == have.size() && w == want.size()) return {};
  if (star == std::string::npos) furthest_w = w, furthest_h = h;
  return fmt::format("line {}: expected `{}`, got `{}`", furthest_h + 1,
                     furthest_w < want.size() ? want[furthest_w] : "<end>",
                     furthest_h < have.size() ? have[furthest_h] : "<end>");
}

}  // namespace tracer::test

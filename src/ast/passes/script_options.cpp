#include "ast/passes/script_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "ast/passes/numbers.h"
#include "base/text.h"

namespace tracer::ast {
namespace {

using Kind = ScriptOption::Kind;

bool set_bool(ScriptOption& option, const std::optional<std::string>& value) {
  const std::optional<bool> flag = value ? parse_bool(*value) : true;
  if (flag) option.number = *flag;
  return flag.has_value();
}

bool set_integer(ScriptOption& option, std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto number = parse_number(text.substr(negative ? 1 : 0));
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  if (!number || (negative && option.kind == Kind::Unsigned)) return false;
  if (option.kind == Kind::Signed && *number > kMost + (negative ? 1 : 0)) return false;
  option.number = negative ? 0 - *number : *number;
  return true;
}

std::string default_text(const ScriptOption& option) {
  switch (option.kind) {
    case Kind::Bool:
      return option.default_number ? "true" : "false";
    case Kind::Unsigned:
      return std::to_string(option.default_number);
    case Kind::Signed:
      return std::to_string(static_cast<int64_t>(option.default_number));
    case Kind::Text:
      break;
  }
  return fmt::format("\"{}\"", option.default_text);
}

const char* placeholder(const ScriptOption& option) { return option.kind == Kind::Text ? "TEXT" : "N"; }

// A line of a comment without what makes it one.
std::string_view without_signs(std::string_view line) {
  line = trim(line);
  for (const std::string_view sign : {"/**", "/*", "//", "*/", "*"}) {
    if (!line.starts_with(sign)) continue;
    line.remove_prefix(sign.size());
    break;
  }
  if (line.ends_with("*/")) line.remove_suffix(2);
  if (line.starts_with(' ')) line.remove_prefix(1);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
  return line;
}

uint32_t first_part(const Script& script) {
  uint32_t first = std::numeric_limits<uint32_t>::max();
  for (const CItem* each : script.c_items) first = std::min(first, each->span.begin);
  for (const Import* each : script.imports) first = std::min(first, each->span.begin);
  for (const Node* each : script.items) {
    if (each->span.source == script.source) first = std::min(first, each->span.begin);
  }
  if (script.config) first = std::min(first, script.config->span.begin);
  return first;
}

}  // namespace

bool is_option_name(std::string_view name) {
  return !name.empty() && !name.starts_with('-') &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

bool same_declaration(const ScriptOption& a, const ScriptOption& b) {
  return a.kind == b.kind && a.default_number == b.number && a.default_text == b.text &&
         a.description == b.description;
}

bool set_value(ScriptOption& option, const std::optional<std::string>& value) {
  switch (option.kind) {
    case Kind::Bool:
      return set_bool(option, value);
    case Kind::Unsigned:
    case Kind::Signed:
      return value && set_integer(option, *value);
    case Kind::Text:
      if (value) option.text = *value;
      return value.has_value();
  }
  return false;
}

const char* kind_word(const ScriptOption& option) {
  switch (option.kind) {
    case Kind::Bool:
      return "boolean";
    case Kind::Text:
      return "string";
    case Kind::Unsigned:
    case Kind::Signed:
      break;
  }
  return "integer";
}

std::string value_hint(const ScriptOption& option) {
  switch (option.kind) {
    case Kind::Bool:
      return "values are 1, true, on, yes, 0, false, off and no";
    case Kind::Unsigned:
      return fmt::format("write `--{}=N`, N from 0 to 2^64-1", option.name);
    case Kind::Signed:
      return fmt::format("write `--{}=N`, N from -2^63 to 2^63-1", option.name);
    case Kind::Text:
      break;
  }
  return fmt::format("write `--{}=TEXT`", option.name);
}

std::string leading_comment(const Script& script, const Sources& sources) {
  const uint32_t limit = first_part(script);
  const Source& source = sources[script.source];
  std::string text;
  uint32_t last_line = 0;
  for (const Comment& comment : script.comments) {
    const uint32_t line = source.place(comment.span.begin).line;
    if (comment.span.begin > limit || (last_line > 0 && line > last_line + 1)) break;
    for (std::string_view each : split(sources.text(comment.span), '\n'))
      text += fmt::format("{}\n", without_signs(each));
    last_line = source.place(comment.span.end).line;
  }
  while (text.starts_with('\n')) text.erase(0, 1);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string options_help(const ScriptOptions& options, const std::string& about) {
  std::string text = about;
  if (!text.empty()) text += '\n';
  if (options.empty()) return text + "the script takes no options\n";
  std::vector<std::string> left;
  size_t width = 0;
  for (const ScriptOption& each : options) {
    left.push_back(each.kind == Kind::Bool ? fmt::format("--{}", each.name)
                                           : fmt::format("--{}={}", each.name, placeholder(each)));
    width = std::max(width, left.back().size());
  }
  text += "expected program options:\n";
  for (size_t i = 0; i < options.size(); ++i) {
    const std::string& words = options[i].description;
    text += fmt::format("  {:<{}}  {}(default {})\n", left[i], width, words.empty() ? "" : words + " ",
                        default_text(options[i]));
  }
  return text;
}

}  // namespace tracer::ast

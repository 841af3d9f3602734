#include "parser/c_text.h"

namespace tracer::syntax {
namespace {

bool starts_at(std::string_view text, size_t at, std::string_view what) {
  return text.substr(at, what.size()) == what;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Past a comment, string or character literal at `at`; `at` itself when there is none.
size_t skip_opaque(std::string_view text, size_t at) {
  if (starts_at(text, at, "//")) {
    size_t end = text.find('\n', at);
    return end == text.npos ? text.size() : end;
  }
  if (starts_at(text, at, "/*")) {
    size_t end = text.find("*/", at + 2);
    return end == text.npos ? text.size() : end + 2;
  }
  if (char quote = text[at]; quote == '"' || quote == '\'') {
    for (size_t i = at + 1; i < text.size() && text[i] != '\n'; ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == quote) {
        return i + 1;
      }
    }
    return at + 1;
  }
  return at;
}

size_t skip_blanks(std::string_view text, size_t at) {
  while (at < text.size()) {
    bool comment = starts_at(text, at, "//") || starts_at(text, at, "/*");
    if (comment) {
      at = skip_opaque(text, at);
    } else if (std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

// Past a bracket's partner; npos when it has none.
size_t skip_brackets(std::string_view text, size_t at) {
  size_t depth = 0;
  while (at < text.size()) {
    if (size_t next = skip_opaque(text, at); next != at) {
      at = next;
      continue;
    }
    char c = text[at++];
    if (c == '{' || c == '(') ++depth;
    if ((c == '}' || c == ')') && --depth == 0) return at;
  }
  return text.npos;
}

// Past attributes and the semicolon after the closing brace, where they are.
size_t skip_tail(std::string_view text, size_t at) {
  for (;;) {
    size_t next = skip_blanks(text, at);
    if (next < text.size() && text[next] == ';') return next + 1;
    if (!starts_at(text, next, "__attribute__")) return at;
    size_t open = skip_blanks(text, next + 13);
    if (open >= text.size() || text[open] != '(') return at;
    size_t end = skip_brackets(text, open);
    if (end == text.npos) return at;
    at = end;
  }
}

}  // namespace

CEnd end_of_preprocessor_line(std::string_view text, uint32_t begin) {
  size_t at = begin;
  while (at < text.size() && text[at] != '\n') {
    if (text[at] == '\\') {
      bool carriage_return = starts_at(text, at + 1, "\r\n");
      at += carriage_return ? 3 : 2;
    } else if (size_t next = skip_opaque(text, at); next != at) {
      bool open_comment = starts_at(text, at, "/*") && (next < at + 4 || !starts_at(text, next - 2, "*/"));
      if (open_comment) return {static_cast<uint32_t>(at), false};
      at = next;
    } else {
      ++at;
    }
  }
  if (at > text.size()) at = text.size();
  while (at > begin && text[at - 1] == '\r') --at;
  return {static_cast<uint32_t>(at), true};
}

CEnd end_of_c_definition(std::string_view text, uint32_t begin) {
  bool is_typedef =
      starts_at(text, begin, "typedef") && !(begin + 7 < text.size() && is_word(text[begin + 7]));
  size_t at = begin;
  while (at < text.size()) {
    if (size_t next = skip_opaque(text, at); next != at) {
      at = next;
      continue;
    }
    char c = text[at];
    if (c == ';') return {static_cast<uint32_t>(at + 1), true};
    if (c == '{' || c == '(') {
      size_t end = skip_brackets(text, at);
      if (end == text.npos) break;
      if (c == '{' && !is_typedef) return {static_cast<uint32_t>(skip_tail(text, end)), true};
      at = end;
      continue;
    }
    ++at;
  }
  return {static_cast<uint32_t>(text.size()), false};
}

}  // namespace tracer::syntax

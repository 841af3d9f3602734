#include "parser/attach_text.h"

namespace tracer::syntax {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_path(char c) {
  return is_name_start(c) || is_digit(c) || std::string_view("/.*?+-#~%[]").find(c) != std::string_view::npos;
}

bool ends_point(char c) { return is_blank(c) || c == ',' || c == '{' || c == '}' || c == ';' || c == '\0'; }

// Past `name=` at `at`, blanks around the `=` included; `at` when there is none.
size_t skip_point_name(std::string_view text, size_t at) {
  size_t i = at;
  if (i >= text.size() || !is_name_start(text[i])) return at;
  while (i < text.size() && (is_name_start(text[i]) || is_digit(text[i]))) ++i;
  while (i < text.size() && (text[i] == ' ' || text[i] == '\t')) ++i;
  if (i >= text.size() || text[i] != '=') return at;
  for (++i; i < text.size() && (text[i] == ' ' || text[i] == '\t');) ++i;
  return i;
}

// Past a quoted part; at its newline when the closing quote is missing.
size_t skip_quoted(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return at;
}

// End of the path characters from `at` on.
size_t end_of_path(std::string_view text, size_t at) {
  while (at < text.size() && is_path(text[at])) ++at;
  return at;
}

}  // namespace

bool slash_begins_path(std::string_view text, uint32_t at) {
  size_t end = end_of_path(text, at);
  return end + 1 < text.size() && (text[end] == ':' || text[end] == '@') && !ends_point(text[end + 1]);
}

uint32_t end_of_attach_point(std::string_view text, uint32_t begin) {
  size_t at = skip_point_name(text, begin);
  size_t part = at;
  while (at < text.size() && !ends_point(text[at])) {
    char c = text[at];
    if (c == '"') {
      at = skip_quoted(text, at);
    } else if (c == ':') {
      part = ++at;
    } else if (c == '/') {
      // A part that looks like a path keeps its slashes; any other slash begins the filter.
      bool path = (at == part && at > begin) || text[part] == '/' || text[part] == '.' ||
                  slash_begins_path(text, static_cast<uint32_t>(at));
      if (!path) break;
      size_t end = end_of_path(text, at);
      at = end;
    } else {
      ++at;
    }
  }
  return static_cast<uint32_t>(at);
}

namespace {

// Walks over one attach point and cuts it at its unquoted colons.
class PartSplitter {
 public:
  PartSplitter(std::string_view script, ast::AttachPoint& point, Reporter& reporter)
      : script_(script), point_(point), reporter_(reporter), at_(point.span.begin), end_(point.span.end) {}

  void run() {
    at_ = skip_point_name(script_.substr(0, end_), at_);
    if (at_ != point_.span.begin) {
      size_t length = 0;
      while (is_name_start(script_[point_.span.begin + length]) ||
             is_digit(script_[point_.span.begin + length])) {
        ++length;
      }
      point_.name = script_.substr(point_.span.begin, length);
    }
    point_.text = script_.substr(at_, end_ - at_);
    begin_part();
    while (at_ < end_) step();
    finish_part();
  }

 private:
  void step() {
    char c = script_[at_];
    if (c == ':') {
      finish_part();
      ++at_;
      begin_part();
    } else if (c == '"') {
      quoted_text();
    } else {
      if (c == '$') check_parameter();
      part_.push_back(c);
      ++at_;
    }
  }

  void quoted_text() {
    quoted_ = true;
    for (++at_; at_ < end_ && script_[at_] != '"'; ++at_) {
      if (script_[at_] == '\\' && at_ + 1 < end_) ++at_;
      part_.push_back(script_[at_]);
    }
    ++at_;
  }

  void check_parameter() {
    size_t digits = at_ + 1;
    while (digits < end_ && script_[digits] == '0') ++digits;
    if (digits < end_ && is_digit(script_[digits])) return;
    reporter_.report(place(at_, at_ + 1), diag::attach_dollar)
        .hint("a part with a `$` of its own is put in quotes");
  }

  void begin_part() {
    part_begin_ = at_;
    part_.clear();
    quoted_ = false;
  }

  void finish_part() {
    point_.parts.push_back(part_);
    point_.quoted.push_back(quoted_);
    point_.part_spans.push_back(place(part_begin_, std::min(at_, end_)));
  }

  Span place(size_t begin, size_t end) const {
    return {point_.span.source, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  }

  std::string_view script_;
  ast::AttachPoint& point_;
  Reporter& reporter_;
  size_t at_;
  size_t end_;
  size_t part_begin_ = 0;
  std::string part_;
  bool quoted_ = false;
};

}  // namespace

void split_attach_point(std::string_view script, ast::AttachPoint& point, Reporter& reporter) {
  PartSplitter(script, point, reporter).run();
}

}  // namespace tracer::syntax

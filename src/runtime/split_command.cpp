#include "runtime/child.h"

namespace tracer {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

// Inside double quotes a backslash means itself except before these.
bool is_escapable(char c) { return c == '"' || c == '\\' || c == '$' || c == '`' || c == '\n'; }

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}
  Result<std::vector<std::string>> run();

 private:
  bool single_quoted();
  bool double_quoted();
  void escaped();

  std::string_view text_;
  size_t at_ = 0;
  std::string word_;
};

// Both stand behind the opening quote and end behind the closing one; false without it.
bool Splitter::single_quoted() {
  size_t end = text_.find('\'', at_);
  if (end == std::string_view::npos) return false;
  word_ += text_.substr(at_, end - at_);
  at_ = end + 1;
  return true;
}

bool Splitter::double_quoted() {
  while (at_ < text_.size()) {
    char c = text_[at_++];
    if (c == '"') return true;
    if (c == '\\' && at_ < text_.size() && is_escapable(text_[at_])) {
      c = text_[at_++];
      if (c == '\n') continue;  // a line goes on
    }
    word_ += c;
  }
  return false;
}

void Splitter::escaped() {
  if (at_ == text_.size()) {
    word_ += '\\';
  } else if (char c = text_[at_++]; c != '\n') {
    word_ += c;
  }
}

Result<std::vector<std::string>> Splitter::run() {
  std::vector<std::string> words;
  bool in_word = false;
  while (at_ < text_.size()) {
    char c = text_[at_++];
    if (is_blank(c)) {
      if (in_word) words.push_back(std::move(word_));
      word_.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == '\'' || c == '"') {
      bool closed = c == '"' ? double_quoted() : single_quoted();
      if (!closed)
        return fail("the command has a quote that is not closed", "close it, or write \\ before it");
    } else if (c == '\\') {
      escaped();
    } else {
      word_ += c;
    }
  }
  if (in_word) words.push_back(std::move(word_));
  if (words.empty() || words.front().empty()) return fail("the command is empty");
  return words;
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) { return Splitter(command).run(); }

}  // namespace tracer

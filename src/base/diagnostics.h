// Messages about the user's script. A diagnostic is data with an id; only
// render() turns it into text, so all look alike.
//
// Each folder that reports declares its kinds in a table, FOLDER/diagnostics.def,
// rows `DIAGNOSTIC(name, "id", Error, "text with {} places")`, expanded in
// FOLDER/diagnostics.h to constants `diag::name`.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace tracer {

enum class Severity : uint8_t { Error, Warning };

struct DiagnosticKind {
  const char* id;  // kebab-case, printed in brackets
  Severity severity;
  const char* text;  // fmt string; lower case, no final full stop, code in `backticks`
};

struct Note {
  Span span;
  std::string text;
};

struct Diagnostic {
  const DiagnosticKind* kind = nullptr;
  Span span;
  bool has_place = true;
  std::string text;
  std::vector<Note> notes;         // further places
  std::vector<std::string> hints;  // advice without a place

  Diagnostic& note(Span at, std::string words) {
    notes.push_back({at, std::move(words)});
    return *this;
  }
  Diagnostic& hint(std::string words) {
    if (!words.empty()) hints.push_back(std::move(words));
    return *this;
  }
};

class Diagnostics {
 public:
  // Adds a message at `span`; severity comes from the kind. The reference is
  // valid until the next report.
  template <typename... Args>
  Diagnostic& report(Span span, const DiagnosticKind& kind, const Args&... args) {
    return add(span, true, kind, fmt::format(fmt::runtime(kind.text), args...));
  }
  // The same for a message that concerns no place in the script.
  template <typename... Args>
  Diagnostic& report_without_place(const DiagnosticKind& kind, const Args&... args) {
    return add({}, false, kind, fmt::format(fmt::runtime(kind.text), args...));
  }

  // Takes over what was reported elsewhere.
  void add(const Diagnostic& diagnostic);
  // Takes back what was reported after the first `count` messages.
  std::vector<Diagnostic> take_since(size_t count);

  bool has_errors() const { return errors_ > 0; }
  size_t error_count() const { return errors_; }
  const std::vector<Diagnostic>& all() const { return list_; }

 private:
  Diagnostic& add(Span span, bool has_place, const DiagnosticKind& kind, std::string text);

  std::vector<Diagnostic> list_;
  size_t errors_ = 0;
  Diagnostic repeated_;  // takes notes and hints of a message that was already given
};

// `FILE:LINE:COL-END: ERROR: text [id]`, the source line, the place underlined;
// notes likewise, then `HINT:` lines. Control bytes and invalid UTF-8 of source
// lines are shown as `\xhh`. Ends in a newline.
std::string render(const Diagnostic& diagnostic, const Sources& sources);

}  // namespace tracer

// One run of clang over a C preamble: its text, its messages, where things stand.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "btf/c_preamble.h"
#include "btf/libclang.h"

namespace tracer {

// The preamble's pieces as one file for clang, and back from places in it to places in the script.
class PreambleText {
 public:
  explicit PreambleText(const std::vector<CPiece>& pieces);
  const std::string& text() const { return text_; }
  // The word that begins at `offset`.
  Span place(uint32_t offset) const;
  // The whole line or definition around it.
  Span piece(uint32_t offset) const;

 private:
  struct Part {
    uint32_t begin = 0;  // in the text
    Span span;
  };
  const Part* part(uint32_t offset) const;
  std::string text_;
  std::vector<Part> parts_;
};

class ClangUnit {
 public:
  ClangUnit(const LibClang& clang, const PreambleText& text, std::string main_file);
  ~ClangUnit();
  ClangUnit(const ClangUnit&) = delete;
  ClangUnit& operator=(const ClangUnit&) = delete;

  // Files that exist for clang only.
  using Files = std::vector<std::pair<std::string, std::string>>;  // path, text
  // False when clang could not even begin.
  bool parse(const std::vector<std::string>& arguments, const Files& files);

  CXCursor root() const { return clang_.getTranslationUnitCursor(unit_); }
  CXTranslationUnit handle() const { return unit_; }

  struct Place {
    std::string file;  // empty: none, as of macros that are built in
    uint32_t line = 0, column = 0, offset = 0;
    bool in_main = false;
    bool in_system = false;  // in a header of the system
  };
  Place place(CXSourceLocation location) const;
  // What in the script leads to a place: the place itself, or the `#include` over which it came.
  // Empty for a header that the command line names.
  std::optional<Span> script_span(const Place& place) const;

  struct Message {
    Place place;
    std::string text;
    std::vector<std::pair<Place, std::string>> notes;
  };
  std::vector<Message> errors() const;

 private:
  Message message(CXDiagnostic diagnostic) const;

  const LibClang& clang_;
  const PreambleText& text_;
  std::string main_file_;
  CXIndex index_ = nullptr;
  CXTranslationUnit unit_ = nullptr;
};

}  // namespace tracer

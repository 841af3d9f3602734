#include "btf/clang_unit.h"

#include <algorithm>

namespace tracer {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

// ---------------------------------------------------------------- text

PreambleText::PreambleText(const std::vector<CPiece>& pieces) {
  for (const CPiece& piece : pieces) {
    parts_.push_back({static_cast<uint32_t>(text_.size()), piece.span});
    text_ += piece.text;
    // The semicolon after a definition may be missing.
    if (!piece.text.empty() && piece.text.front() != '#' && piece.text.back() != ';') text_ += ';';
    text_ += '\n';
  }
}

const PreambleText::Part* PreambleText::part(uint32_t offset) const {
  auto after = std::upper_bound(parts_.begin(), parts_.end(), offset,
                                [](uint32_t at, const Part& part) { return at < part.begin; });
  return after == parts_.begin() ? nullptr : &*std::prev(after);
}

Span PreambleText::place(uint32_t offset) const {
  const Part* in = part(offset);
  if (!in) return {};
  // What is missing at the end of a line is missing after its last character.
  while (offset > in->begin && (offset >= text_.size() || text_[offset] == '\n')) offset--;
  uint32_t end = offset;
  const char closing = text_[offset] == '<' ? '>' : text_[offset];
  const bool quoted = text_[offset] == '<' || text_[offset] == '"';
  const size_t close = quoted ? text_.find(closing, offset + 1) : text_.npos;
  if (close != text_.npos && close < text_.find('\n', offset))
    end = static_cast<uint32_t>(close + 1);
  else
    while (end < text_.size() && is_word(text_[end])) end++;
  const uint32_t last = in->span.end > in->span.begin ? in->span.end - 1 : in->span.begin;
  Span span{in->span.source, std::min(in->span.begin + (offset - in->begin), last), 0};
  span.end = std::min(std::max(span.begin + (end - offset), span.begin + 1), in->span.end);
  return span;
}

Span PreambleText::piece(uint32_t offset) const {
  const Part* in = part(offset);
  return in ? in->span : Span{};
}

// ---------------------------------------------------------------- clang

ClangUnit::ClangUnit(const LibClang& clang, const PreambleText& text, std::string main_file)
    : clang_(clang), text_(text), main_file_(std::move(main_file)), index_(clang.createIndex(0, 0)) {}

ClangUnit::~ClangUnit() {
  if (unit_) clang_.disposeTranslationUnit(unit_);
  clang_.disposeIndex(index_);
}

bool ClangUnit::parse(const std::vector<std::string>& arguments, const Files& files) {
  if (unit_) clang_.disposeTranslationUnit(unit_);
  unit_ = nullptr;
  std::vector<const char*> words;
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  std::vector<CXUnsavedFile> unsaved;
  auto add = [&](const std::string& path, std::string_view text) {
    unsaved.push_back({path.c_str(), text.data(), static_cast<unsigned long>(text.size())});
  };
  add(main_file_, text_.text());
  for (const BuiltInHeader& header : built_in_headers()) add(header.path, header.text);
  for (const auto& [path, text] : files) add(path, text);
  const unsigned options = CXTranslationUnit_DetailedPreprocessingRecord |
                           CXTranslationUnit_SkipFunctionBodies | CXTranslationUnit_KeepGoing |
                           CXTranslationUnit_IncludeAttributedTypes;
  return clang_.parseTranslationUnit2(
             index_, main_file_.c_str(), words.data(), static_cast<int>(words.size()), unsaved.data(),
             static_cast<unsigned>(unsaved.size()), options, &unit_) == CXError_Success;
}

ClangUnit::Place ClangUnit::place(CXSourceLocation location) const {
  CXFile file = nullptr;
  Place result;
  unsigned line = 0, column = 0, offset = 0;
  clang_.getFileLocation(location, &file, &line, &column, &offset);
  if (file) result.file = clang_.text(clang_.getFileName(file));
  result.line = line;
  result.column = column;
  result.offset = offset;
  result.in_main = result.file == main_file_;
  result.in_system = clang_.Location_isInSystemHeader(location) != 0;
  return result;
}

std::optional<Span> ClangUnit::script_span(const Place& place) const {
  if (place.in_main) return text_.place(place.offset);
  struct Search {
    const ClangUnit& unit;
    const std::string& file;
    std::optional<Span> found;
  };
  Search search{*this, place.file, {}};
  clang_.getInclusions(
      unit_,
      [](CXFile included, CXSourceLocation* stack, unsigned depth, CXClientData data) {
        auto& search = *static_cast<Search*>(data);
        if (search.found || depth == 0) return;
        if (search.unit.clang_.text(search.unit.clang_.getFileName(included)) != search.file) return;
        const Place outermost = search.unit.place(stack[depth - 1]);
        if (outermost.in_main) search.found = search.unit.text_.piece(outermost.offset);
      },
      &search);
  return search.found;
}

ClangUnit::Message ClangUnit::message(CXDiagnostic diagnostic) const {
  Message result;
  result.place = place(clang_.getDiagnosticLocation(diagnostic));
  result.text = clang_.text(clang_.getDiagnosticSpelling(diagnostic));
  CXDiagnosticSet children = clang_.getChildDiagnostics(diagnostic);
  for (unsigned i = 0; i < clang_.getNumDiagnosticsInSet(children); i++) {
    CXDiagnostic child = clang_.getDiagnosticInSet(children, i);
    result.notes.emplace_back(place(clang_.getDiagnosticLocation(child)),
                              clang_.text(clang_.getDiagnosticSpelling(child)));
  }
  return result;
}

std::vector<ClangUnit::Message> ClangUnit::errors() const {
  std::vector<Message> result;
  const unsigned count = clang_.getNumDiagnostics(unit_);
  for (unsigned i = 0; i < count; i++) {
    CXDiagnostic diagnostic = clang_.getDiagnostic(unit_, i);
    if (clang_.getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) result.push_back(message(diagnostic));
    clang_.disposeDiagnostic(diagnostic);
  }
  return result;
}

}  // namespace tracer

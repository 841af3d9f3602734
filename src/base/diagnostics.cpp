#include "base/diagnostics.h"

#include <algorithm>

#include "base/text.h"

namespace tracer {

namespace {

// Longest part of a source line that is shown; scripts may be one line of megabytes.
constexpr size_t kMostShown = 240;

bool same_place(Span a, Span b) { return a.source == b.source && a.begin == b.begin && a.end == b.end; }

// Length in bytes of the valid UTF-8 sequence at `at`, 0 when there is none.
size_t utf8_length(std::string_view text, size_t at) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(at);
  size_t length = first < 0x80                    ? 1
                  : first >= 0xf0 && first < 0xf5 ? 4
                  : first >= 0xe0                 ? 3
                  : first >= 0xc2                 ? 2
                                                  : 0;
  if (length == 0 || first >= 0xf5 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; i++)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  return length;
}

// A source line made printable, with the display column of every byte.
struct ShownLine {
  std::string text;
  std::vector<size_t> column;  // one more than bytes
};

ShownLine show(std::string_view line) {
  ShownLine shown;
  size_t columns = 0;
  for (size_t at = 0; at < line.size();) {
    auto byte = static_cast<unsigned char>(line[at]);
    size_t length = utf8_length(line, at);
    if (byte == '\t') {
      shown.column.push_back(columns++);
      shown.text += ' ';
      at++;
    } else if (length == 0 || byte < 0x20 || byte == 0x7f) {
      shown.column.push_back(columns);
      shown.text += fmt::format("\\x{:02x}", byte);
      columns += 4;
      at++;
    } else {
      for (size_t i = 0; i < length; i++) shown.column.push_back(columns);
      shown.text += line.substr(at, length);
      columns++;
      at += length;
    }
  }
  shown.column.push_back(columns);
  return shown;
}

void append_place(std::string& out, Span span, std::string_view severity, std::string_view text,
                  const Sources& sources) {
  const Source& source = sources[span.source];
  LineColumn from = source.place(span.begin);
  LineColumn to = source.place(std::max(span.end, span.begin));
  if (from.line == to.line) {
    out += fmt::format("{}:{}:{}-{}: {}: {}\n", source.name(), from.line, from.column,
                       std::max(to.column, from.column + 1), severity, text);
  } else {
    out += fmt::format("{}:{}-{}: {}: {}\n", source.name(), from.line, to.line, severity, text);
  }
  std::string_view line = source.line(from.line);
  if (line.ends_with('\r')) line.remove_suffix(1);  // of a CRLF file
  if (line.empty()) return;

  // A long line is shown around the place only.
  size_t first = from.column - 1;
  size_t last = from.line == to.line ? std::max<size_t>(to.column - 1, first + 1) : line.size();
  size_t cut = line.size() > kMostShown && first > kMostShown / 2 ? first - kMostShown / 2 : 0;
  line = line.substr(cut, kMostShown);
  first = std::min(first - cut, line.size());
  last = std::clamp(last - cut, first, line.size());

  ShownLine shown = show(line);
  size_t begin = shown.column[first];
  size_t end = std::max(shown.column[last], begin + 1);
  out += shown.text + '\n' + std::string(begin, ' ') + std::string(end - begin, '~') + '\n';
}

// From the innermost to the place in the script itself.
void append_expansions(std::string& out, Span span, std::string_view severity, const Sources& sources) {
  for (auto from = sources.expanded_from(span.source); from; from = sources.expanded_from(from->source))
    append_place(out, *from, severity, "expanded from", sources);
}

}  // namespace

Diagnostic& Diagnostics::add(Span span, bool has_place, const DiagnosticKind& kind, std::string text) {
  for (const Diagnostic& old : list_) {
    if (old.kind == &kind && old.has_place == has_place && same_place(old.span, span) && old.text == text) {
      repeated_ = {};
      return repeated_;
    }
  }
  if (kind.severity == Severity::Error) errors_++;
  list_.push_back({&kind, span, has_place, std::move(text), {}, {}});
  return list_.back();
}

void Diagnostics::add(const Diagnostic& diagnostic) {
  Diagnostic& mine = add(diagnostic.span, diagnostic.has_place, *diagnostic.kind, diagnostic.text);
  mine.notes = diagnostic.notes;
  mine.hints = diagnostic.hints;
}

std::vector<Diagnostic> Diagnostics::take_since(size_t count) {
  const auto first = list_.begin() + static_cast<std::ptrdiff_t>(std::min(count, list_.size()));
  std::vector<Diagnostic> taken(std::make_move_iterator(first), std::make_move_iterator(list_.end()));
  list_.erase(first, list_.end());
  for (const Diagnostic& each : taken)
    if (each.kind->severity == Severity::Error) errors_--;
  return taken;
}

std::string render(const Diagnostic& diagnostic, const Sources& sources) {
  std::string_view severity = diagnostic.kind->severity == Severity::Error ? "ERROR" : "WARNING";
  std::string text = fmt::format("{} [{}]", diagnostic.text, diagnostic.kind->id);
  std::string out;
  if (diagnostic.has_place) {
    append_place(out, diagnostic.span, severity, text, sources);
    append_expansions(out, diagnostic.span, severity, sources);
  } else {
    out = fmt::format("{}: {}\n", severity, text);
  }
  for (const Note& note : diagnostic.notes) append_place(out, note.span, "NOTE", note.text, sources);
  for (const std::string& hint : diagnostic.hints) out += fmt::format("HINT: {}\n", hint);
  return out;
}

}  // namespace tracer

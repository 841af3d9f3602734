// Source text and places in it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

// A range of bytes [begin, end) of one source. Eight bytes of offsets rather
// than lines and columns: those are worked out only when a message is printed.
struct Span {
  uint32_t source = 0;  // id given by Sources::add
  uint32_t begin = 0;
  uint32_t end = 0;
};

// The smallest range that holds both; both must be of one source.
Span join(Span a, Span b);

struct LineColumn {
  uint32_t line = 1;    // 1-based
  uint32_t column = 1;  // 1-based, in bytes
};

class Source {
 public:
  Source(std::string name, std::string text);
  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }
  LineColumn place(uint32_t offset) const;
  // Text of a line without its newline; empty for a line that does not exist.
  std::string_view line(uint32_t number) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
};

// Owns every source of one compilation; ids stay valid, references too.
//
// The body of a macro, and an imported script, get an id of their own for each place that they are
// expanded at: the same text, seen from there. So a span alone tells how its text came to be.
class Sources {
 public:
  uint32_t add(std::string name, std::string text);
  // Another id for the text of `source`, expanded at `from`.
  uint32_t add_expansion(uint32_t source, Span from);
  const Source& operator[](uint32_t id) const { return *entries_[id].source; }
  // Where the text was expanded from; empty for text that stands for itself.
  std::optional<Span> expanded_from(uint32_t id) const { return entries_[id].from; }
  size_t size() const { return entries_.size(); }
  std::string_view text(Span span) const;

 private:
  struct Entry {
    const Source* source;
    std::optional<Span> from;
  };
  std::deque<Source> sources_;
  std::vector<Entry> entries_;
};

}  // namespace tracer

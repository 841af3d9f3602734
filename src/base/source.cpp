#include "base/source.h"

#include <algorithm>

namespace tracer {

Span join(Span a, Span b) { return {a.source, std::min(a.begin, b.begin), std::max(a.end, b.end)}; }

Source::Source(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  line_starts_.push_back(0);
  for (size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1))
    line_starts_.push_back(static_cast<uint32_t>(at + 1));
}

LineColumn Source::place(uint32_t offset) const {
  offset = std::min<uint32_t>(offset, static_cast<uint32_t>(text_.size()));
  auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  auto line = static_cast<uint32_t>(after - line_starts_.begin());
  return {line, offset - line_starts_[line - 1] + 1};
}

std::string_view Source::line(uint32_t number) const {
  if (number == 0 || number > line_starts_.size()) return {};
  size_t begin = line_starts_[number - 1];
  size_t end = text_.find('\n', begin);
  return std::string_view(text_).substr(begin, end == std::string::npos ? end : end - begin);
}

uint32_t Sources::add(std::string name, std::string text) {
  sources_.emplace_back(std::move(name), std::move(text));
  entries_.push_back({&sources_.back(), std::nullopt});
  return static_cast<uint32_t>(entries_.size() - 1);
}

uint32_t Sources::add_expansion(uint32_t source, Span from) {
  entries_.push_back({entries_[source].source, from});
  return static_cast<uint32_t>(entries_.size() - 1);
}

std::string_view Sources::text(Span span) const {
  std::string_view whole = (*this)[span.source].text();
  size_t begin = std::min<size_t>(span.begin, whole.size());
  size_t end = std::clamp<size_t>(span.end, begin, whole.size());
  return whole.substr(begin, end - begin);
}

}  // namespace tracer

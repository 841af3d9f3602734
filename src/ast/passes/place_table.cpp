#include "ast/passes/place_table.h"

namespace tracer::ast {
namespace {

Place describe_one(Span span, const Sources& sources) {
  const Source& source = sources[span.source];
  const LineColumn from = source.place(span.begin), to = source.place(span.end);
  Place place;
  place.file = source.name();
  place.line = from.line;
  place.column = from.column;
  place.source_line = source.line(from.line);
  place.end_column = to.line == from.line ? to.column : static_cast<uint32_t>(place.source_line.size()) + 1;
  return place;
}

}  // namespace

uint32_t PlaceTable::find(Span span) {
  const auto key = std::make_tuple(span.source, span.begin, span.end);
  const auto [entry, is_new] = index_.emplace(key, static_cast<uint32_t>(plan_.places.size()));
  if (is_new) plan_.places.push_back(describe(span));
  return entry->second;
}

Place PlaceTable::describe(Span span) const {
  Place place = describe_one(span, sources_);
  for (auto from = sources_.expanded_from(span.source); from; from = sources_.expanded_from(from->source))
    place.expanded_from.push_back(describe_one(*from, sources_));
  return place;
}

}  // namespace tracer::ast

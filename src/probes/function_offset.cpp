#include "probes/function_offset.h"

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/number.h"

namespace tracer {
namespace {

// What stands behind the `+`, where the part is as it was written.
Span offset_span(const Part& part, std::string_view offset) {
  Span span = part.span;
  if (!part.quoted && span.end - span.begin == part.text.size())
    span.begin = span.end - static_cast<uint32_t>(offset.size());
  return span;
}

}  // namespace

bool parse_offset(const Part& part, ProbeSpec& spec, Diagnostics& diags) {
  std::vector<std::string_view> pieces = split(part.text, '+');
  if (pieces.size() == 1) return true;
  if (provider_info(spec.provider).is_return) {
    diags.report(offset_span(part, std::string_view(part.text).substr(pieces[0].size() + 1)),
                 diag::offset_not_allowed);
    return false;
  }
  if (pieces.size() > 2) {
    diags.report(offset_span(part, pieces.back()), diag::two_offsets);
    return false;
  }
  auto offset = parse_number(trim(pieces[1]));
  if (!offset) {
    diags.report(offset_span(part, pieces[1]), diag::invalid_offset, trim(pieces[1]));
    return false;
  }
  spec.function = trim(pieces[0]);
  spec.offset = *offset;
  if (!has_wildcard(spec.module) && !has_wildcard(spec.function)) return true;
  diags.report(part.span, diag::offset_with_wildcard, spec.function);
  return false;
}

}  // namespace tracer

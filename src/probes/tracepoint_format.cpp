#include "probes/tracepoint_format.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "base/text.h"

namespace tracer {
namespace {

// The value of `key` in `field:...;	offset:8;	size:16;	signed:0;`.
std::optional<std::string_view> item(std::string_view line, std::string_view key) {
  for (std::string_view part : split(line, ';')) {
    part = trim(part);
    if (part.starts_with(key)) return trim(part.substr(key.size()));
  }
  return {};
}

std::optional<uint32_t> number(std::string_view line, std::string_view key) {
  auto text = item(line, key);
  uint32_t value = 0;
  if (!text) return {};
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc()) return {};
  return value;
}

// `char prev_comm[16]`, `const char * name`, `__data_loc char[] path`.
bool parse_declaration(std::string_view text, TracepointField& field) {
  field.declaration = text;
  constexpr std::string_view kDataLoc = "__data_loc ", kRelativeLoc = "__rel_loc ";
  field.relative_location = text.starts_with(kRelativeLoc);
  field.data_location = field.relative_location || text.starts_with(kDataLoc);
  if (field.data_location) text.remove_prefix((field.relative_location ? kRelativeLoc : kDataLoc).size());
  size_t bracket = text.find('[');
  std::string_view plain = text;
  if (bracket != std::string_view::npos && !field.data_location) {
    field.is_array = true;
    plain = trim(text.substr(0, bracket));
  }
  size_t blank = plain.find_last_of(" *");
  if (blank == std::string_view::npos) return false;
  field.name = plain.substr(blank + 1);
  field.type = trim(plain.substr(0, blank + 1));
  return !field.name.empty() && !field.type.empty();
}

}  // namespace

std::vector<TracepointField> parse_tracepoint_format(std::string_view text) {
  std::vector<TracepointField> fields;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.starts_with("print fmt:")) break;
    if (!line.starts_with("field:")) continue;
    TracepointField field;
    auto offset = number(line, "offset:"), size = number(line, "size:"), sign = number(line, "signed:");
    if (!offset || !size || !parse_declaration(*item(line, "field:"), field)) continue;
    field.offset = *offset;
    field.size = *size;
    field.is_signed = sign.value_or(0) != 0;
    if (!field.name.starts_with("common_")) fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace tracer

#include "cli/interactive/record_text.h"

#include "base/text.h"

namespace tracer {

std::string one_level(std::string_view value, std::string_view indent) {
  if (!value.starts_with("{ .") || !value.ends_with(" }")) return std::string(value);
  const std::string_view fields = value.substr(2, value.size() - 4);
  std::string text = "{\n" + std::string(indent) + "  ";
  size_t depth = 0;
  for (size_t i = 0; i < fields.size(); ++i) {
    const char c = fields[i];
    if (c == '}' && depth > 0) --depth;
    if (depth == 0 && fields.substr(i).starts_with(", .")) {
      text += "\n" + std::string(indent) + "  ";
      ++i;
      continue;
    }
    if (depth == 0) text += c;
    if (c == '{' && depth++ == 0) text += " ... ";
  }
  return text + "\n" + std::string(indent) + "}";
}

}  // namespace tracer

#include "values.h"

#include <cstdio>
#include <cstdlib>

namespace tracer::differential {

std::string text_of(const Value& value, const Ty& type) {
  switch (type.kind) {
    case Ty::Kind::Bool:
      return value.number ? "true" : "false";
    case Ty::Kind::Text:
      return value.bytes;
    case Ty::Kind::Int:
      return type.sign ? std::to_string(static_cast<int64_t>(value.number)) : std::to_string(value.number);
    case Ty::Kind::Tuple:
    case Ty::Kind::Record:
      break;
  }
  bool named = type.is(Ty::Kind::Record);
  std::string text;
  for (size_t i = 0; i < value.elements.size(); ++i) {
    if (i) text += ", ";
    if (named) text += ".f" + std::to_string(i) + " = ";
    text += text_of(value.elements[i], type.elements[i]);
  }
  return named ? "{ " + text + " }" : "(" + text + ")";
}

namespace {

struct Conversion {
  std::string flags, width, length;
  char letter = 's';
};

std::string number_text(const Conversion& conversion, const Value& value, const Ty& type) {
  uint32_t bits = type.bits < 32 || type.is(Ty::Kind::Bool) ? 32 : type.bits;
  if (conversion.length == "hh") bits = 8;
  if (conversion.length == "h") bits = 16;
  if (conversion.length == "l" || conversion.length == "ll") bits = 64;
  bool sign = conversion.letter == 'd';
  std::string c_format = "%" + conversion.flags + conversion.width + "ll" + conversion.letter;
  char buffer[128];
  snprintf(buffer, sizeof buffer, c_format.c_str(), convert(value.number, integer(bits, sign)));
  return buffer;
}

std::string filled(const Conversion& conversion, const std::string& text) {
  size_t width = conversion.width.empty() ? 0 : static_cast<size_t>(std::atoi(conversion.width.c_str()));
  if (text.size() >= width) return text;
  std::string blanks(width - text.size(), ' ');
  return conversion.flags.find('-') != std::string::npos ? text + blanks : blanks + text;
}

}  // namespace

std::string formatted(const std::string& format, const std::vector<Value>& values,
                      const std::vector<Ty>& types) {
  std::string text;
  size_t next = 0;
  for (size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      text += format[at];
      continue;
    }
    Conversion conversion;
    for (++at; std::string("-+#0").find(format[at]) != std::string::npos; ++at)
      conversion.flags += format[at];
    for (; format[at] >= '0' && format[at] <= '9'; ++at) conversion.width += format[at];
    for (; format[at] == 'h' || format[at] == 'l'; ++at) conversion.length += format[at];
    conversion.letter = format[at];
    const Value& value = values[next];
    const Ty& type = types[next++];
    text += conversion.letter == 's' ? filled(conversion, text_of(value, type))
                                     : number_text(conversion, value, type);
  }
  return text;
}

}  // namespace tracer::differential

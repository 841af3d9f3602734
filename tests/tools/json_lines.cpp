#include "json_lines.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <cstdlib>

#include "base/files.h"
#include "base/text.h"

namespace tracer::test {

namespace {

// Bytes that are not UTF-8 are an error to this parser.
constexpr unsigned kStrict = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;

rapidjson::Document read_schema() {
  rapidjson::Document document;
  const auto text = read_file(OUTPUT_SCHEMA);
  if (text) document.Parse(text->c_str());
  if (text && !document.HasParseError()) return document;
  fmt::print(stderr, "{} is no JSON\n", OUTPUT_SCHEMA);
  std::exit(1);
}

std::string pointer_text(const rapidjson::Pointer& pointer) {
  rapidjson::StringBuffer text;
  pointer.StringifyUriFragment(text);
  return text.GetString();
}

}  // namespace

struct JsonLines::Schema {
  rapidjson::Document text = read_schema();
  rapidjson::SchemaDocument compiled{text};
};

JsonLines::JsonLines() : schema_(std::make_unique<Schema>()) {}
JsonLines::~JsonLines() = default;

std::string JsonLines::check(const std::string& text) const {
  if (!text.empty() && text.back() != '\n') return "the last line is not ended";
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    if (++number; number > 1 && line.empty()) continue;  // behind the last newline
    if (line.empty() && text.empty()) continue;
    rapidjson::Document document;
    document.Parse<kStrict>(line.data(), line.size());
    if (document.HasParseError())
      return fmt::format("line {} is no JSON at byte {}: {}", number, document.GetErrorOffset(),
                         rapidjson::GetParseError_En(document.GetParseError()));
    rapidjson::SchemaValidator validator(schema_->compiled);
    if (!document.Accept(validator))
      return fmt::format("line {} is not as the schema has it, at {}: {}", number,
                         pointer_text(validator.GetInvalidDocumentPointer()), line);
  }
  return {};
}

bool asks_for_json(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--format=json") return true;
    if (i > 0 && arguments[i] == "json" && (arguments[i - 1] == "-f" || arguments[i - 1] == "--format"))
      return true;
  }
  return false;
}

}  // namespace tracer::test

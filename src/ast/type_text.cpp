#include "ast/type_text.h"

#include <fmt/format.h>

namespace tracer::ast {

std::string type_text(const TypeSpec& type) {
  constexpr const char* kTags[] = {"", "struct ", "union ", "enum "};
  std::string text = kTags[static_cast<size_t>(type.tag)] + type.name;
  bool spaced = type.tag == TypeSpec::Tag::None;
  for (const TypeSpec::Suffix& suffix : type.suffixes) {
    if (suffix.pointer) {
      text += spaced ? "*" : " *";
      spaced = true;
    } else {
      text += suffix.length ? fmt::format("[{}]", *suffix.length) : "[]";
    }
  }
  return text;
}

const char* spelling(UnaryOp op) {
  constexpr const char* kSpellings[] = {"-", "!", "~", "*", "&", "++", "--", "++", "--"};
  return kSpellings[static_cast<size_t>(op)];
}

}  // namespace tracer::ast

// The options that a script declares with getopt() (LANGUAGE 3.9).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ast/ast.h"

namespace tracer::ast {

struct ScriptOption {
  enum class Kind : uint8_t { Bool, Unsigned, Signed, Text };
  Span span;  // of the first call
  std::string name;
  Kind kind = Kind::Bool;
  uint64_t number = 0;  // value of all kinds but Text
  std::string text;     // value of Text
  uint64_t default_number = 0;
  std::string default_text;
  std::string description;
};

using ScriptOptions = std::vector<ScriptOption>;

bool is_option_name(std::string_view name);
// `a` is known already, `b` was just read.
bool same_declaration(const ScriptOption& a, const ScriptOption& b);
// Sets the value to what the command line says, none meaning `--name` alone; false when it is no value
// of the option's kind.
bool set_value(ScriptOption& option, const std::optional<std::string>& value);
// `integer`: how messages call the kind of value.
const char* kind_word(const ScriptOption& option);
std::string value_hint(const ScriptOption& option);

// The comment that a script begins with, without its delimiters.
std::string leading_comment(const Script& script, const Sources& sources);
// What `-- --help` prints.
std::string options_help(const ScriptOptions& options, const std::string& about);

}  // namespace tracer::ast

#include "parser/type_parens.h"

#include <algorithm>
#include <string>

#include "parser.h"

namespace tracer::syntax {
namespace {

using Kind = Parser::token;

// Builtins without call: `(pid) * 2` multiplies.
constexpr std::string_view kBuiltinVariables[] = {
    "ctx",
    "ustack",
#define Variable 1
#define Function 0
#define Aggregation 0
#define MapFunction 0
#define BUILTIN(name, form, ...) (form) ? std::string_view(#name) : std::string_view(),
#include "ast/builtins.def"
#undef BUILTIN
#undef MapFunction
#undef Aggregation
#undef Function
#undef Variable
};

bool is_builtin_variable(std::string_view name) {
  size_t prefix = name.starts_with("sarg") ? 4 : name.starts_with("arg") ? 3 : 0;
  bool numbered = prefix && name.size() > prefix &&
                  name.find_first_not_of("0123456789", prefix) == std::string_view::npos;
  return numbered || std::find(std::begin(kBuiltinVariables), std::end(kBuiltinVariables), name) !=
                         std::end(kBuiltinVariables);
}

bool can_start_expression(int kind) {
  switch (kind) {
    case Kind::VARIABLE:
    case Kind::MAP:
    case Kind::POSITIONAL:
    case Kind::POSITIONAL_COUNT:
    case Kind::STRING:
    case Kind::INT:
    case Kind::IDENT:
    case Kind::TRUE:
    case Kind::FALSE:
    case Kind::SIZEOF:
    case Kind::OFFSETOF:
    case Kind::TYPEINFO:
    case Kind::LPAREN:
    case Kind::MINUS:
    case Kind::NOT:
    case Kind::TILDE:
    case Kind::STAR:
    case Kind::AMPERSAND:
      return true;
    default:
      return false;
  }
}

// What follows an opening parenthesis, when it has the shape of a type.
struct TypeShape {
  bool is_type = false;  // the shape fits
  bool certain = false;  // and no expression has it
  size_t end = 0;        // token after it
};

TypeShape type_shape(const std::vector<Token>& tokens, size_t at) {
  auto kind = [&](size_t i) { return i < tokens.size() ? tokens[i].kind : int(Kind::END); };
  TypeShape shape;
  if (kind(at) == Kind::STRUCT || kind(at) == Kind::UNION || kind(at) == Kind::ENUM) {
    return {true, true, at + 1};
  }
  if (kind(at) != Kind::IDENT) return {};
  for (++at;;) {
    if (kind(at) == Kind::STAR) {
      shape.certain = true;
      ++at;
    } else if (kind(at) == Kind::LBRACKET && kind(at + 1) == Kind::RBRACKET) {
      shape.certain = true;
      at += 2;
    } else if (kind(at) == Kind::LBRACKET && kind(at + 1) == Kind::INT && kind(at + 2) == Kind::RBRACKET) {
      at += 3;
    } else {
      break;
    }
  }
  shape.end = at;
  shape.is_type = kind(at) == Kind::RPAREN || kind(at) == Kind::COMMA;
  return shape;
}

bool opens_type(const std::vector<Token>& tokens, size_t paren, std::string_view text) {
  int before = paren > 0 ? tokens[paren - 1].kind : int(Kind::END);
  TypeShape shape = type_shape(tokens, paren + 1);
  switch (before) {
    case Kind::SIZEOF:
    case Kind::TYPEOF:
    case Kind::TYPEINFO:
    case Kind::OFFSETOF:
      return shape.is_type;
    case Kind::IDENT:
      return false;  // a call
    default:
      break;
  }
  if (tokens[paren + 1].kind == Kind::TYPEOF) return true;
  if (!shape.is_type) return false;
  if (tokens[shape.end].kind == Kind::COMMA) return false;
  if (shape.certain) return true;
  const Span& name = tokens[paren + 1].span;
  return can_start_expression(tokens[shape.end + 1].kind) &&
         !is_builtin_variable(text.substr(name.begin, name.end - name.begin));
}

}  // namespace

void mark_type_parens(std::vector<Token>& tokens, std::string_view text) {
  // The last token is END, so that looking one token past a parenthesis is safe.
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind == Kind::LPAREN && opens_type(tokens, i, text)) tokens[i].kind = Kind::TYPE_LPAREN;
  }
}

}  // namespace tracer::syntax

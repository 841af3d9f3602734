#include "ast/passes/expand_positionals.h"

#include <cctype>
#include <optional>

#include "ast/diagnostics.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

// Strips a C suffix (`10ul`); false when what is left cannot be a number.
bool strip_suffix(std::string_view& text) {
  size_t digits = text.size();
  while (digits > 0 && (text[digits - 1] == 'u' || text[digits - 1] == 'U' || text[digits - 1] == 'l' ||
                        text[digits - 1] == 'L')) {
    --digits;
  }
  if (text.size() - digits > 3) return false;
  text = text.substr(0, digits);
  return !text.empty();
}

std::optional<uint64_t> parse_digits(std::string_view text, unsigned base) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (std::isxdigit(static_cast<unsigned char>(c)) != 0) {
      digit = static_cast<unsigned>(std::tolower(static_cast<unsigned char>(c)) - 'a' + 10);
    } else {
      return std::nullopt;
    }
    if (digit >= base) return std::nullopt;
    if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

// `3e6`: one digit, then an exponent.
std::optional<uint64_t> parse_scientific(std::string_view text) {
  if (text.size() < 3 || text[0] < '1' || text[0] > '9' || (text[1] != 'e' && text[1] != 'E'))
    return std::nullopt;
  const auto exponent = parse_digits(text.substr(2), 10);
  if (!exponent || *exponent > 19) return std::nullopt;
  uint64_t value = static_cast<uint64_t>(text[0] - '0');
  for (uint64_t i = 0; i < *exponent; ++i) {
    if (__builtin_mul_overflow(value, 10, &value)) return std::nullopt;
  }
  return value;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  if (auto value = parse_scientific(text)) return value;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (!strip_suffix(text)) return std::nullopt;
  if (hex) return parse_digits(text.substr(2), 16);
  if (text.size() > 1 && text[0] == '0') return parse_digits(text.substr(1), 8);
  return parse_digits(text, 10);
}

class Expander : public Walker {
 public:
  Expander(Ast& ast, const std::vector<std::string>& positional, Diagnostics& diags)
      : ast_(ast), positional_(positional), diags_(diags) {}

  void expr(Expr*& slot) override {
    if (auto* call = as<Call>(slot); call && call->name == "str" && !call->args.empty())
      expand_text(call->args[0]);
    expr_children(*slot);
    if (auto* parameter = as<Positional>(slot)) {
      slot = value(*parameter);
    } else if (as<PositionalCount>(slot)) {
      slot = number(slot->span, positional_.size());
    }
  }

 private:
  const std::string* text_of(const Positional& parameter) {
    if (parameter.number >= 1 && parameter.number <= positional_.size())
      return &positional_[parameter.number - 1];
    diags_.report(parameter.span, diag::missing_positional, parameter.number, positional_.size());
    return nullptr;
  }

  Expr* number(Span span, uint64_t value) {
    auto* literal = ast_.make<IntLiteral>(span);
    literal->value = value;
    literal->spelling = std::to_string(value);
    return literal;
  }
  Expr* text(Span span, std::string value) {
    auto* literal = ast_.make<StringLiteral>(span);
    literal->value = std::move(value);
    return literal;
  }

  Expr* value(const Positional& parameter) {
    const std::string* found = text_of(parameter);
    if (!found) return number(parameter.span, 0);
    const bool negative = found->starts_with("-");
    const auto parsed = parse_number(std::string_view(*found).substr(negative ? 1 : 0));
    if (!parsed) return text(parameter.span, *found);
    Expr* literal = number(parameter.span, *parsed);
    if (!negative) return literal;
    auto* minus = ast_.make<Unary>(parameter.span);
    minus->op = UnaryOp::Negate;
    minus->operand = literal;
    return minus;
  }

  // str($1) is always text; str($1 + k) drops its first k characters.
  void expand_text(Expr*& slot) {
    if (auto* parameter = as<Positional>(slot)) {
      const std::string* found = text_of(*parameter);
      slot = text(parameter->span, found ? *found : "");
      return;
    }
    auto* sum = as<Binary>(slot);
    if (!sum || sum->op != BinaryOp::Add) return;
    auto* parameter = as<Positional>(sum->left);
    auto* drop = as<IntLiteral>(sum->right);
    if (!parameter || !drop) return;
    const std::string* found = text_of(*parameter);
    const std::string all = found ? *found : "";
    slot = text(sum->span, all.substr(std::min<uint64_t>(drop->value, all.size())));
  }

  Ast& ast_;
  const std::vector<std::string>& positional_;
  Diagnostics& diags_;
};

}  // namespace

void expand_positionals(Ast& ast, const std::vector<std::string>& positional, Diagnostics& diags) {
  Expander expander(ast, positional, diags);
  for (Clause* clause : ast.script.clauses) expander.clause(*clause);
}

}  // namespace tracer::ast

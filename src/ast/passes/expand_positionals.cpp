#include "ast/passes/expand_positionals.h"

#include "ast/diagnostics.h"
#include "ast/passes/numbers.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

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
  for (Clause* code : all_code(ast.script)) expander.clause(*code);
}

}  // namespace tracer::ast

#include "ast/passes/expand_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "ast/diagnostics.h"
#include "ast/passes/fold_constants.h"
#include "ast/passes/script_options.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

// Computes the constants in the arguments of getopt().
class Folder : public Walker {
 public:
  Folder(Ast& ast, Diagnostics& diags) : ast_(ast), diags_(diags) {}

  void expr(Expr*& slot) override {
    expr_children(*slot);
    if (auto* number = as<IntLiteral>(slot)) type_literal(*number);
    fold(ast_, slot, &diags_);
  }

 private:
  Ast& ast_;
  Diagnostics& diags_;
};

class Expander : public Walker {
 public:
  Expander(Ast& ast, const std::vector<NamedParameter>& named, const Config& config, Diagnostics& diags)
      : ast_(ast), named_(named), config_(config), diags_(diags) {}

  ScriptOptions options;

  void expr(Expr*& slot) override {
    expr_children(*slot);
    auto* call = as<Call>(slot);
    // A wrong number of arguments is reported with other functions'.
    if (call && call->name == "getopt" && !call->args.empty() && call->args.size() <= 3) expand(slot, *call);
  }

 private:
  // Apart from expr(), whose frames pile up in deep scripts.
  [[gnu::noinline]] void expand(Expr*& slot, Call& call) {
    for (Expr*& argument : call.args) Folder(ast_, diags_).expr(argument);
    if (const auto option = read(call)) slot = value(add(*option), call.span);
    if (slot == &call) slot = failed(call.span);
  }

  std::optional<ScriptOption> read(const Call& call) {
    ScriptOption option;
    option.span = call.span;
    const auto* name = as<StringLiteral>(call.args[0]);
    if (!name) return not_literal(*call.args[0], "a string");
    if (!is_option_name(name->value)) {
      diags_.report(name->span, diag::option_name, name->value)
          .hint("names are letters, digits, `_` and `-`, as in `--max-depth`");
      return std::nullopt;
    }
    option.name = name->value;
    if (call.args.size() > 1 && !read_default(*call.args[1], option)) return std::nullopt;
    if (call.args.size() > 2) {
      const auto* text = as<StringLiteral>(call.args[2]);
      if (!text) return not_literal(*call.args[2], "a string");
      option.description = text->value;
    }
    return option;
  }

  bool read_default(const Expr& expr, ScriptOption& option) {
    if (const auto* flag = as<BoolLiteral>(&expr)) {
      option.number = flag->value;
    } else if (const auto* number = as<IntLiteral>(&expr); number && number->constant) {
      option.number = *number->constant;
      const bool negative = number->type.is_signed && static_cast<int64_t>(option.number) < 0;
      option.kind = negative ? ScriptOption::Kind::Signed : ScriptOption::Kind::Unsigned;
    } else if (const auto* text = as<StringLiteral>(&expr)) {
      option.text = text->value;
      option.kind = ScriptOption::Kind::Text;
    } else {
      not_literal(expr, "a boolean, integer or string");
      return false;
    }
    return true;
  }

  std::optional<ScriptOption> not_literal(const Expr& argument, const char* what) {
    diags_.report(argument.span, diag::option_literal, what);
    return std::nullopt;
  }

  // One option has the same default and description wherever it stands.
  const ScriptOption& add(const ScriptOption& option) {
    const auto known = std::ranges::find(options, option.name, &ScriptOption::name);
    if (known == options.end()) {
      options.push_back(option);
      set_from_command_line(options.back());
      return options.back();
    }
    if (!same_declaration(*known, option))
      diags_.report(option.span, diag::option_differs, option.name)
          .note(known->span, "the other one is here");
    return *known;
  }

  void set_from_command_line(ScriptOption& option) {
    option.default_number = option.number;
    option.default_text = option.text;
    for (const NamedParameter& each : named_) {
      if (each.name != option.name) continue;
      if (set_value(option, each.value)) continue;
      diags_.report_without_place(diag::option_value, option.name, kind_word(option), each.value.value_or(""))
          .hint(value_hint(option));
    }
  }

  Expr* value(const ScriptOption& option, Span span) {
    switch (option.kind) {
      case ScriptOption::Kind::Bool: {
        auto* literal = ast_.make<BoolLiteral>(span);
        literal->value = option.number != 0;
        return literal;
      }
      case ScriptOption::Kind::Unsigned:
        return make_typed_int(ast_, span, option.number, int_type(8, false));
      case ScriptOption::Kind::Signed:
        return make_typed_int(ast_, span, option.number, int_type(8, true));
      case ScriptOption::Kind::Text:
        break;
    }
    return text(option, span);
  }

  // As long as strings are: the value changes from run to run, the type does not.
  Expr* text(const ScriptOption& option, Span span) {
    auto* literal = ast_.make<StringLiteral>(span);
    literal->value = option.text;
    if (option.text.size() + 1 >= config_.max_strlen) return literal;
    auto* cast = ast_.make<Cast>(span);
    cast->operand = literal;
    cast->target = ast_.make_type(span);
    cast->target->name = "string";
    cast->target->suffixes.push_back({false, config_.max_strlen});
    return cast;
  }

  // Something that later passes say nothing about.
  Expr* failed(Span span) {
    auto* nothing = ast_.make<IntLiteral>(span);
    nothing->type = error_type();
    return nothing;
  }

  Ast& ast_;
  const std::vector<NamedParameter>& named_;
  const Config& config_;
  Diagnostics& diags_;
};

std::string names(const ScriptOptions& options) {
  std::string list;
  for (const ScriptOption& each : options) list += fmt::format("{}--{}", list.empty() ? "" : ", ", each.name);
  return list;
}

void check_unexpected(const ScriptOptions& options, const std::vector<NamedParameter>& named,
                      Diagnostics& diags) {
  std::string unexpected;
  for (const NamedParameter& each : named) {
    if (std::ranges::find(options, each.name, &ScriptOption::name) != options.end()) continue;
    unexpected += fmt::format("{}--{}", unexpected.empty() ? "" : ", ", each.name);
  }
  if (unexpected.empty()) return;
  diags.report_without_place(diag::unexpected_options, unexpected)
      .hint(options.empty() ? "the script takes no options"
                            : fmt::format("expected program options: {}", names(options)));
}

}  // namespace

std::optional<std::string> expand_options(Ast& ast, const Sources& sources,
                                          const std::vector<NamedParameter>& named, const Config& config,
                                          Diagnostics& diags) {
  Expander expander(ast, named, config, diags);
  for (Clause* code : all_code(ast.script)) expander.clause(*code);
  const auto is_help = [](const NamedParameter& each) { return each.name == "help"; };
  const bool own_help =
      std::ranges::find(expander.options, "help", &ScriptOption::name) != expander.options.end();
  if (!own_help && std::ranges::any_of(named, is_help))
    return options_help(expander.options, leading_comment(ast.script, sources));
  check_unexpected(expander.options, named, diags);
  return std::nullopt;
}

}  // namespace tracer::ast

#include "cli/interactive/entry_text.h"

#include <algorithm>
#include <array>
#include <string>

#include "ast/builtins.h"
#include "base/text.h"
#include "parser/diagnostics.h"
#include "parser/parse.h"
#include "parser/parse_statements.h"
#include "probes/provider.h"

namespace tracer {
namespace {

std::string_view first_word(std::string_view text) {
  const auto is_word = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)); };
  return text.substr(0, static_cast<size_t>(std::ranges::find_if_not(text, is_word) - text.begin()));
}

// Words with which statements begin, though a script could be read into some of them: `if (1) { }` is an
// attach point `if` to who does not know better.
bool begins_statement(std::string_view text) {
  constexpr auto kWords = std::to_array<std::string_view>({"if", "for", "while", "unroll", "return"});
  return text.starts_with('{') || std::ranges::find(kWords, first_word(text)) != kWords.end();
}

// `kprobe:f`, `begin {`, `struct x`: what is wrong with it is wrong with a script.
bool begins_script(std::string_view text) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"struct", "union", "enum", "typedef", "config", "import", "macro", "fn"});
  const std::string_view word = first_word(text);
  if (text.starts_with('#') || std::ranges::find(kWords, word) != kWords.end()) return true;
  const std::string_view rest = trim(text.substr(word.size()));
  if (word == "let") return rest.starts_with('@');
  const ProviderInfo* provider = find_provider(word);
  if (!provider) return false;
  const bool whole = provider->provider == Provider::Begin || provider->provider == Provider::End;
  if (whole && rest.empty()) return true;
  return rest.starts_with(':') || rest.starts_with('{') || rest.starts_with('/') || rest.starts_with(',') ||
         (rest.starts_with('<') && !rest.starts_with("<<"));
}

bool holds_nothing(const ast::Script& script) {
  return script.items.empty() && script.c_items.empty() && script.imports.empty() && !script.config;
}

// Builtins that are called for what they do; the others are called for their value.
bool has_value(const ast::Expr& expr) {
  constexpr auto kActs =
      std::to_array<std::string_view>({"delete", "fail", "override", "signal", "static_assert"});
  if (expr.kind != ast::ExprKind::Call) return true;
  const auto& call = static_cast<const ast::Call&>(expr);
  const ast::Builtin* builtin = ast::find_builtin(call.name);
  return !builtin ||
         (builtin->when != ast::BuiltinWhen::Async && std::ranges::find(kActs, call.name) == kActs.end());
}

// An expression that stands alone is asked for its value.
bool show_value(ast::Ast& ast) {
  ast::Block& body = *ast.script.clauses.front()->body;
  if (!body.statements.empty() || !body.value || !has_value(*body.value)) return false;
  auto* print = ast.make<ast::Call>(body.value->span);
  print->name = "print";
  print->name_span = body.value->span;
  print->args.push_back(body.value);
  auto* statement = ast.make<ast::ExprStatement>(body.value->span);
  statement->expr = print;
  body.statements.push_back(statement);
  body.value = nullptr;
  return true;
}

}  // namespace

ParsedEntry parse_entry(const Sources& sources, uint32_t source) {
  const std::string_view text = trim(sources[source].text());
  const bool script_words = begins_script(text);
  ParsedEntry script{EntryKind::Script, {}, {}};
  if (script_words || !begins_statement(text)) {
    script.ast = parse(sources, source, script.diags);
    const bool good = !script.diags.has_errors() && !holds_nothing(script.ast.script);
    if (good || script_words) return script;
  }
  ParsedEntry statements{EntryKind::Statements, {}, {}};
  statements.ast = parse_statements(sources, source, statements.diags);
  if (!statements.diags.has_errors()) statements.shows_value = show_value(statements.ast);
  return statements;
}

EntryKind kind_of(std::string_view text) {
  Sources sources;
  return parse_entry(sources, sources.add("", std::string(text))).kind;
}

bool is_unfinished(std::string_view text) {
  constexpr auto kUnclosed =
      std::to_array({&diag::unclosed_bracket, &diag::unclosed_filter, &diag::unclosed_c_definition,
                     &diag::unterminated_comment, &diag::missing_action});
  const std::string_view meant = trim(text);
  Sources sources;
  const ParsedEntry entry = parse_entry(sources, sources.add("", std::string(text)));
  if (!entry.diags.has_errors()) return false;
  const size_t end = static_cast<size_t>(meant.data() + meant.size() - text.data());
  return std::ranges::all_of(entry.diags.all(), [&](const Diagnostic& each) {
    return each.kind->severity == Severity::Warning || each.span.begin >= end ||
           std::ranges::find(kUnclosed, each.kind) != kUnclosed.end();
  });
}

}  // namespace tracer

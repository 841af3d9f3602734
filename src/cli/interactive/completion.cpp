#include "cli/interactive/completion.h"

#include <algorithm>

#include "ast/builtins.h"
#include "ast/passes/config_values.h"
#include "base/text.h"
#include "cli/interactive/commands.h"
#include "cli/interactive/completion_names.h"
#include "cli/interactive/workspace.h"
#include "probes/provider.h"

namespace tracer {
namespace {

using names::is_name_part, names::Names;

size_t word_begin(std::string_view text, auto is_part) {
  size_t begin = text.size();
  while (begin > 0 && is_part(text[begin - 1])) --begin;
  return begin;
}

Completion those_that_begin(const Names& all, std::string_view text, size_t begin) {
  Completion completion{begin, {}};
  const std::string_view word = text.substr(begin);
  for (const std::string& name : all) {
    if (name.starts_with(word)) completion.candidates.push_back(name);
    if (completion.candidates.size() == names::kMost) break;
  }
  return completion;
}

// ---------------------------------------------------------------- commands

Names numbers(const std::vector<int>& clauses) {
  Names all;
  for (int number : clauses) all.insert(std::to_string(number));
  return all;
}

Names setting_names() {
  Names all;
  for (const ast::ConfigValue& each : ast::config_values(Config{})) all.insert(std::string(each.name) + " ");
  return all;
}

Names help_names() {
  Names all;
  for (const Command& each : commands()) all.emplace(each.name);
  for (const ast::Builtin& each : ast::builtins()) all.emplace(each.name);
  return all;
}

enum class Offered : uint8_t { Files, Maps, Probes, Functions, Types, Clauses, Settings, Help };

struct OfferedTo {
  std::string_view command;
  Offered offered;
};

constexpr OfferedTo kOffered[] = {
    {"load", Offered::Files},     {"source", Offered::Files},    {"save", Offered::Files},
    {"clear", Offered::Maps},     {"forget", Offered::Maps},     {"watch", Offered::Maps},
    {"list", Offered::Probes},    {"describe", Offered::Probes}, {"snap", Offered::Functions},
    {"type", Offered::Types},     {"stop", Offered::Clauses},    {"start", Offered::Clauses},
    {"delete", Offered::Clauses}, {"edit", Offered::Clauses},    {"show", Offered::Clauses},
    {"set", Offered::Settings},   {"help", Offered::Help},
};

Names offered_names(Offered offered, Workspace& workspace, const std::vector<int>& clauses,
                    std::string_view word) {
  switch (offered) {
    case Offered::Files:
      return names::files(word);
    case Offered::Maps:
      return names::maps(workspace);
    case Offered::Probes:
      return names::probes(workspace, word);
    case Offered::Functions:
      return names::functions(workspace, word);
    case Offered::Types:
      return names::types(workspace, word);
    case Offered::Clauses:
      return numbers(clauses);
    case Offered::Settings:
      return setting_names();
    case Offered::Help:
      return help_names();
  }
  return {};
}

Completion complete_command(Workspace& workspace, const std::vector<int>& clauses, std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank == text.npos) {
    Names all;
    for (const Command& each : commands())
      all.insert(":" + std::string(each.name) + (each.arguments.empty() ? "" : " "));
    return those_that_begin(all, text, 0);
  }
  const Command* command = find_command(text.substr(1, blank - 1));
  const auto found =
      std::ranges::find(kOffered, command ? command->name : std::string_view(), &OfferedTo::command);
  if (found == std::end(kOffered)) return {};
  const size_t arguments = std::min(text.find_first_not_of(' ', blank), text.size());
  size_t begin = word_begin(text, [](char c) { return c != ' '; });
  Offered offered = found->offered;
  // `struct sock` is two words; `:list` lists types too.
  const std::string_view written = text.substr(arguments);
  const bool tagged =
      written.starts_with("struct ") || written.starts_with("union ") || written.starts_with("enum ");
  if (offered == Offered::Probes && tagged) offered = Offered::Types;
  if (offered == Offered::Types) begin = arguments;
  const bool first_only = offered == Offered::Settings || command->name == "edit";
  if (first_only && begin != arguments) return {};
  return those_that_begin(offered_names(offered, workspace, clauses, text.substr(begin)), text, begin);
}

// ---------------------------------------------------------------- clauses and statements

// Behind the last clause of the text that is whole.
std::string_view last_clause(std::string_view text) {
  size_t depth = 0, begin = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quoted)
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (c == '{' && !quoted)
      ++depth;
    else if (c == '}' && !quoted && depth > 0 && --depth == 0)
      begin = i + 1;
  }
  return text.substr(begin);
}

struct ClauseText {
  std::string_view attach_points;
  bool in_code = false;  // the cursor stands in a filter, an action or a statement
};

// Attach points end where an action or a filter begins; paths have slashes without a blank before.
ClauseText take_apart(std::string_view clause) {
  clause.remove_prefix(std::min(clause.find_first_not_of(" \n\t"), clause.size()));
  const size_t word = static_cast<size_t>(std::ranges::find_if_not(clause, is_name_part) - clause.begin());
  if (word == clause.size()) return {clause, false};
  if (!find_provider(clause.substr(0, word))) return {"", true};
  const size_t end = std::min({clause.find('{'), clause.find(" /"), clause.find("\n/"), clause.size()});
  return {trim(clause.substr(0, end)), end != clause.size()};
}

}  // namespace

Completion complete(Workspace& workspace, const std::vector<int>& clauses, std::string_view text) {
  if (text.starts_with(':')) return complete_command(workspace, clauses, text);
  const ClauseText clause = take_apart(last_clause(text));
  Names all;
  if (!clause.in_code) {
    const size_t begin =
        word_begin(text, [](char c) { return c != ' ' && c != ',' && c != '\n' && c != '}'; });
    all = names::probes(workspace, text.substr(begin));
    // One word alone may become a clause or a statement.
    if (begin != 0 || text.find(':') != text.npos) return those_that_begin(all, text, begin);
  }
  const size_t begin =
      word_begin(text, [](char c) { return is_name_part(c) || c == '@' || c == '.' || c == '$'; });
  const std::string_view word = text.substr(begin);
  if (word.empty()) return {begin, {}};
  if (word.starts_with("args."))
    all = names::arguments(workspace,
                           clause.attach_points.substr(0, clause.attach_points.find_first_of(", \n")));
  else if (word.starts_with("curtask."))
    all = names::task_fields(workspace);
  else if (word[0] == '@' || word[0] == '$')
    all = names::in_text(text);
  if (word[0] == '@') all.merge(names::maps(workspace));
  if (is_name_part(word[0]) && word.find('.') == word.npos) {
    all.merge(names::builtins());
    all.merge(names::declared(workspace));
  }
  return those_that_begin(all, text, begin);
}

}  // namespace tracer

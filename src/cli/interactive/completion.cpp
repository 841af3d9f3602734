#include "cli/interactive/completion.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "ast/builtins.h"
#include "base/text.h"
#include "btf/type_db.h"
#include "cli/interactive/commands.h"
#include "cli/interactive/workspace.h"
#include "probes/provider.h"

namespace tracer {
namespace {

constexpr size_t kMost = 500;  // candidates
constexpr auto kKeywords = std::to_array<std::string_view>(
    {"break", "continue", "else", "for", "if", "let", "offsetof", "return", "sizeof", "unroll", "while"});

bool is_name(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)); }

size_t word_begin(std::string_view text, auto is_part) {
  size_t begin = text.size();
  while (begin > 0 && is_part(text[begin - 1])) --begin;
  return begin;
}

using Names = std::set<std::string>;

Completion those_that_begin(const Names& names, std::string_view text, size_t begin) {
  Completion completion{begin, {}};
  const std::string_view word = text.substr(begin);
  for (const std::string& name : names) {
    if (name.starts_with(word)) completion.candidates.push_back(name);
    if (completion.candidates.size() == kMost) break;
  }
  return completion;
}

Names map_names(Workspace& workspace) {
  Names names;
  for (const ast::KnownMap& map : workspace.maps()) names.insert(map.plan.name);
  return names;
}

Names file_names(std::string_view begun) {
  namespace fs = std::filesystem;
  const size_t slash = begun.rfind('/');
  const std::string folder(slash == begun.npos ? "" : begun.substr(0, slash + 1));
  Names names;
  std::error_code error;
  for (const auto& each : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
    std::error_code unknown;
    names.insert(folder + each.path().filename().string() + (each.is_directory(unknown) ? "/" : ""));
  }
  return names;
}

Names type_names(Workspace& workspace, std::string_view begun) {
  Names names;
  const size_t blank = begun.find(' ');
  if (blank == begun.npos) return {"struct ", "union ", "enum "};
  (void)list_types(std::string(begun) + "*", false, workspace.kernel().types(), [&](const std::string& line) {
    names.insert(line);
    return names.size() < kMost;
  });
  return names;
}

// An attach point as far as it is written: providers, then what they list.
Names probe_names(Workspace& workspace, std::string_view begun) {
  Names names;
  const size_t colon = begun.find(':');
  if (colon == begun.npos) {
    for (const ProviderInfo& each : all_providers()) {
      const bool bare = each.provider == Provider::Begin || each.provider == Provider::End;
      names.insert(std::string(each.name) + (bare ? " " : ":"));
    }
    return names;
  }
  // Short names of providers stay as they are written.
  const std::string provider(begun.substr(0, colon));
  KernelInfo& kernel = workspace.kernel();
  (void)list_probes(std::string(begun) + "*", {false, workspace.target_pid()}, kernel, kernel.types(),
                    [&](const std::string& line) {
                      names.insert(provider + line.substr(std::min(line.find(':'), line.size())));
                      return names.size() < kMost;
                    });
  return names;
}

// Names of what `args` has in the clause that `text` begins with.
Names argument_names(Workspace& workspace, std::string_view text) {
  Names names;
  const std::string_view clause = trim(text);
  const std::string probe(clause.substr(0, std::min(clause.find_first_of(" \t\n{/,"), clause.size())));
  KernelInfo& kernel = workspace.kernel();
  bool first = true;
  (void)list_probes(probe, {true, workspace.target_pid()}, kernel, kernel.types(),
                    [&](const std::string& line) {
                      if (!line.starts_with(' ')) return std::exchange(first, false);
                      const std::string name = line.substr(line.find_last_of(" *") + 1);
                      names.insert("args." + name.substr(0, name.find('[')));
                      return true;
                    });
  return names;
}

Completion complete_command(Workspace& workspace, std::string_view text) {
  const size_t blank = text.find(' ');
  Names names;
  if (blank == text.npos) {
    for (const Command& each : commands())
      names.insert(":" + std::string(each.name) + (each.arguments.empty() ? "" : " "));
    return those_that_begin(names, text, 0);
  }
  const Command* command = find_command(text.substr(1, blank - 1));
  const std::string_view name = command ? command->name : "";
  const size_t begin =
      text.find_first_not_of(' ', blank) == text.npos ? text.size() : text.find_first_not_of(' ', blank);
  const std::string_view begun = text.substr(begin);
  if (name == "type") return those_that_begin(type_names(workspace, begun), text, begin);
  const size_t last = word_begin(text, [](char c) { return c != ' '; });
  const std::string_view word = text.substr(last);
  if (name == "load" || name == "source" || name == "save")
    return those_that_begin(file_names(word), text, last);
  if (name == "clear" || name == "forget" || name == "watch")
    return those_that_begin(map_names(workspace), text, last);
  if (name == "list" || name == "describe" || name == "snap")
    return those_that_begin(probe_names(workspace, word), text, last);
  if (name == "help") {
    for (const Command& each : commands()) names.emplace(each.name);
    for (const ast::Builtin& each : ast::builtins()) names.emplace(each.name);
  }
  return those_that_begin(names, text, last);
}

}  // namespace

Completion complete(Workspace& workspace, std::string_view text) {
  if (text.starts_with(':')) return complete_command(workspace, text);
  // Until an action begins the text may become a clause.
  Names names;
  if (text.find_first_of("{<(@") == text.npos) {
    const size_t begin = word_begin(text, [](char c) { return c != ' ' && c != ',' && c != '\n'; });
    names = probe_names(workspace, text.substr(begin));
    if (begin != 0 || text.find(':') != text.npos) return those_that_begin(names, text, begin);
  }
  const size_t begin = word_begin(text, [](char c) { return is_name(c) || c == '@' || c == '.'; });
  const std::string_view word = text.substr(begin);
  if (word.starts_with('@')) return those_that_begin(map_names(workspace), text, begin);
  if (word.starts_with("args.")) return those_that_begin(argument_names(workspace, text), text, begin);
  names.insert(kKeywords.begin(), kKeywords.end());
  for (const ast::Builtin& each : ast::builtins()) {
    const bool called = each.form != ast::BuiltinForm::Variable;
    names.insert(std::string(each.name) + (called ? "(" : ""));
  }
  return word.empty() ? Completion{begin, {}} : those_that_begin(names, text, begin);
}

}  // namespace tracer

#include "cli/interactive/completion_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>

#include "ast/builtins.h"
#include "base/text.h"
#include "btf/type_db.h"
#include "cli/interactive/arguments.h"
#include "cli/interactive/workspace.h"
#include "probes/provider.h"

namespace tracer::names {
namespace {

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"break", "continue", "else", "for", "if", "let", "offsetof", "return", "sizeof", "unroll", "while"});

// Lists what the pattern means; `name_of` gives the name that a line stands for.
void add_listed(Workspace& workspace, const std::string& pattern, bool arguments, Names& names,
                const std::function<std::string(const std::string& line)>& name_of) {
  KernelInfo& kernel = workspace.kernel();
  // What cannot be listed completes to nothing.
  (void)list_probes(pattern, {arguments, workspace.target_pid()}, kernel, kernel.types(),
                    [&](const std::string& line) {
                      if (std::string name = name_of(line); !name.empty()) names.insert(std::move(name));
                      return names.size() < kMost;
                    });
}

bool names_a_program(Provider provider) {
  return provider == Provider::Uprobe || provider == Provider::Uretprobe || provider == Provider::Usdt;
}

// `prefix` and the path; what can be probed goes on with a colon.
Names programs(std::string_view prefix, std::string_view path) {
  Names names;
  for (const std::string& file : files(path))
    names.insert(std::string(prefix) + file + (file.ends_with('/') ? "" : ":"));
  return names;
}

}  // namespace

Names files(std::string_view begun) {
  namespace fs = std::filesystem;
  const size_t slash = begun.rfind('/');
  const std::string folder(slash == begun.npos ? "" : begun.substr(0, slash + 1));
  const std::string_view last = slash == begun.npos ? begun : begun.substr(slash + 1);
  Names names;
  std::error_code error;
  fs::directory_iterator each(folder.empty() ? "." : path_of(folder), error);
  for (; !error && each != fs::directory_iterator() && names.size() < kMost; each.increment(error)) {
    const std::string name = each->path().filename().string();
    if (!name.starts_with(last) || (last.empty() && name.starts_with('.'))) continue;
    std::error_code unknown;
    names.insert(folder + name + (each->is_directory(unknown) ? "/" : ""));
  }
  return names;
}

Names types(Workspace& workspace, std::string_view begun) {
  if (begun.find(' ') == begun.npos) return {"struct ", "union ", "enum "};
  Names names;
  (void)list_types(std::string(begun) + "*", false, workspace.kernel().types(), [&](const std::string& line) {
    names.insert(line);
    return names.size() < kMost;
  });
  return names;
}

Names probes(Workspace& workspace, std::string_view begun) {
  Names names;
  const size_t colon = begun.find(':');
  if (colon == begun.npos) {
    for (const ProviderInfo& each : all_providers()) {
      const bool bare = each.provider == Provider::Begin || each.provider == Provider::End;
      names.insert(std::string(each.name) + (bare ? " " : ":"));
    }
    return names;
  }
  const std::string_view provider = begun.substr(0, colon), rest = begun.substr(colon + 1);
  const ProviderInfo* info = find_provider(provider);
  if (info && names_a_program(info->provider) && rest.find(':') == rest.npos && rest.find('/') != rest.npos)
    return programs(begun.substr(0, colon + 1), rest);
  // Short names of providers stay as they are written, and so does a module that was left out.
  const size_t parts = static_cast<size_t>(std::ranges::count(begun, ':'));
  add_listed(workspace, std::string(begun) + "*", false, names, [&](const std::string& line) {
    std::string name = std::string(provider) + line.substr(std::min(line.find(':'), line.size()));
    if (name.starts_with(begun)) return name;
    const size_t last = name.rfind(':');
    return parts == 1 && last != name.npos ? std::string(provider) + name.substr(last) : name;
  });
  return names;
}

Names functions(Workspace& workspace, std::string_view begun) {
  Names names;
  if (const size_t colon = begun.find(':'); colon == begun.npos && begun.find('/') != begun.npos)
    return programs("", begun);
  else if (colon != begun.npos) {
    if (find_provider(begun.substr(0, colon))) return probes(workspace, begun);
    for (const std::string& name : probes(workspace, "uprobe:" + std::string(begun)))
      names.insert(name.substr(name.find(':') + 1));
    return names;
  }
  if (begun.empty()) return names;
  const auto last_part = [](const std::string& line) { return line.substr(line.rfind(':') + 1); };
  add_listed(workspace, "fentry:" + std::string(begun) + "*", false, names, last_part);
  constexpr std::string_view kEnter = "sys_enter_";
  add_listed(workspace, fmt::format("tracepoint:syscalls:{}{}*", kEnter, begun), false, names,
             [&](const std::string& line) { return last_part(line).substr(kEnter.size()); });
  return names;
}

Names arguments(Workspace& workspace, std::string_view attach_point) {
  Names names;
  if (attach_point.empty()) return names;
  bool first = true;  // of several probes one speaks for all
  add_listed(workspace, std::string(attach_point), true, names, [&](const std::string& line) -> std::string {
    if (!line.starts_with(' ')) {
      first = names.empty();
      return "";
    }
    const std::string name = line.substr(line.find_last_of(" *") + 1);
    return first ? "args." + name.substr(0, name.find('[')) : "";
  });
  return names;
}

Names task_fields(Workspace& workspace) {
  Names names;
  TypeDb& types = workspace.kernel().types();
  const auto task = types.find(TypeDb::Tag::Struct, "task_struct");
  if (!task) return names;
  for (const std::string& field : types.field_names(*task)) names.insert("curtask." + field);
  return names;
}

Names maps(Workspace& workspace) {
  Names names;
  for (const ast::KnownMap& map : workspace.maps()) names.insert(map.plan.name);
  return names;
}

Names declared(Workspace& workspace) { return workspace.declared_names(); }

Names builtins() {
  Names names(kKeywords.begin(), kKeywords.end());
  for (const ast::Builtin& each : ast::builtins()) {
    const bool called = each.form != ast::BuiltinForm::Variable;
    names.insert(std::string(each.name) + (called ? "(" : ""));
  }
  return names;
}

Names in_text(std::string_view text) {
  Names names;
  for (size_t begin = text.find_first_of("@$"); begin != text.npos; begin = text.find_first_of("@$", begin)) {
    size_t end = begin + 1;
    while (end < text.size() && is_name_part(text[end])) ++end;
    // What ends at the cursor is what is being written.
    if (end < text.size()) names.emplace(text.substr(begin, end - begin));
    begin = end;
  }
  return names;
}

}  // namespace tracer::names

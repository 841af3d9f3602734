#include "cli/interactive/workspace.h"

#include <fmt/format.h>

#include <algorithm>

#include "btf/type_db.h"
#include "cli/settings.h"
#include "parser/imports.h"
#include "parser/parse.h"
#include "runtime/launch.h"

namespace tracer {
namespace {

std::string rendered(const Diagnostics& diags, const Sources& sources, Severity severity) {
  std::string text;
  for (const Diagnostic& each : diags.all())
    if (severity == Severity::Warning || each.kind->severity == severity) text += render(each, sources);
  return text;
}

bool declares(const ast::Script& script) {
  return !script.c_items.empty() || !script.imports.empty() || !script.macros.empty() ||
         !script.functions.empty() || !script.map_decls.empty();
}

// `struct pair`, `#define NAME`: what a C item is about.
std::string_view subject_of(const ast::CItem& item) {
  const std::string_view text = item.text;
  const size_t word = std::min(text.find(' '), text.size());
  const size_t name = std::min(text.find_first_not_of(' ', word), text.size());
  return text.substr(0, std::min(text.find_first_of(" ({\n", name), text.size()));
}

void remove_same_items(std::vector<ast::CItem*>& list, const std::vector<ast::CItem*>& replaced) {
  std::erase_if(list, [&](const ast::CItem* old) {
    return std::ranges::any_of(replaced,
                               [&](const ast::CItem* each) { return subject_of(*each) == subject_of(*old); });
  });
}

// What a later declaration of the same name replaces.
template <typename T>
void remove_named(std::vector<T*>& list, std::vector<ast::Node*>& items, const std::vector<T*>& replaced) {
  std::erase_if(list, [&](const T* old) {
    const bool gone = std::ranges::any_of(replaced, [&](const T* each) { return each->name == old->name; });
    if (gone) std::erase(items, static_cast<const ast::Node*>(old));
    return gone;
  });
}

// The type of what an expression's entry prints, as the language writes it.
std::string value_type(const Plan& plan) {
  if (plan.events.empty()) return "";
  const EventPlan& event = plan.events.back();
  switch (event.kind) {
    case EventKind::PrintValue:
      return to_string(event.arguments.front().type);
    case EventKind::PrintMapValue:
      return to_string(event.arguments.back().type);
    case EventKind::PrintMap: {
      const MapPlan& map = plan.maps[event.map];
      return map.scalar() ? to_string(map.value)
                          : fmt::format("{} by {}", to_string(map.value), to_string(map.key));
    }
    default:
      return "";
  }
}

}  // namespace

Workspace::Workspace(const Options& options, KernelInfo& kernel, const OutputOptions& output)
    : options_(options), kernel_(kernel), output_(output), target_pid_(options.pid) {}

ast::CheckOptions Workspace::check_options() const {
  ast::CheckOptions how = tracer::check_options(options_);
  how.target_pid = target_pid_;
  how.known_maps = &maps_;
  return how;
}

std::expected<LoadedEntry, std::string> Workspace::load(const std::string& name, const std::string& text) {
  const uint32_t source = sources_.add(name, text);
  ParsedEntry entry = parse_entry(sources_, source);
  Diagnostics& diags = entry.diags;
  ast::Ast& ast = entry.ast;
  const bool nothing_to_run = ast.script.clauses.empty();
  if (!diags.has_errors()) {
    add_declarations(ast);
    add_settings(ast);
    resolve_imports(ast, sources_, "", diags);
  }
  // What the entry itself has; check() changes the tree.
  const ast::Script written = ast.script;
  if (diags.has_errors()) return std::unexpected(rendered(diags, sources_, Severity::Warning));
  auto compiled = compile(options_, check_options(), sources_, ast, kernel_, diags, &shared_maps_, wait_);
  if (!compiled) return std::unexpected(error_text(compiled.error()));
  if (!*compiled) return std::unexpected(rendered(diags, sources_, Severity::Warning));

  LoadedEntry loaded;
  loaded.kind = entry.kind;
  if (!options_.no_warnings) loaded.warnings = rendered(diags, sources_, Severity::Warning);
  if (entry.shows_value) loaded.value_type = value_type((*compiled)->plan);
  if (!nothing_to_run) {
    const std::vector<Span> places = (*compiled)->map_places;
    auto script = start(std::move(**compiled), output_, &shared_maps_);
    if (!script) return std::unexpected(script.error());
    loaded.script = std::move(*script);
    for (size_t i = 0; i < places.size(); ++i) {
      const MapPlan& map = loaded.script->plan().maps[i];
      const bool known = knows(map.name);
      if (!known) maps_.push_back({map, places[i]});
    }
  }
  remember(written, source);
  return loaded;
}

std::expected<LoadedEntry, std::string> Workspace::load_alone(const std::string& text,
                                                              const OutputOptions& output) {
  ParsedEntry entry = parse_entry(sources_, sources_.add("snap", text));
  ast::CheckOptions how = check_options();
  how.known_maps = nullptr;
  auto compiled = compile(options_, how, sources_, entry.ast, kernel_, entry.diags, nullptr, wait_);
  if (!compiled) return std::unexpected(error_text(compiled.error()));
  if (!*compiled) return std::unexpected(rendered(entry.diags, sources_, Severity::Warning));
  auto script = start(std::move(**compiled), output, nullptr);
  if (!script) return std::unexpected(script.error());
  return LoadedEntry{entry.kind, std::move(*script), "", ""};
}

std::expected<std::unique_ptr<LiveScript>, std::string> Workspace::load_view(
    const std::vector<std::string>& maps) {
  std::string text;
  for (const std::string& map : maps) text += "print(" + map + "); ";
  auto loaded = load("maps", text);
  if (!loaded) return std::unexpected(loaded.error());
  return std::move(loaded->script);
}

std::expected<std::unique_ptr<LiveScript>, std::string> Workspace::start(Compiled compiled,
                                                                         const OutputOptions& output,
                                                                         SharedMaps* shared) {
  const auto make_session = [&](const Plan& plan) -> Result<std::unique_ptr<Session>> {
    if (compiled.user_session) return std::move(compiled.user_session);
    KernelSessionOptions how = session_options(options_);
    how.target_pid = target_pid_;
    how.shared_maps = shared;
    return make_kernel_session(compiled.artifact, plan, how, kernel_);
  };
  const Plan plan = compiled.plan;
  auto script = LiveScript::load(plan, make_session, {output, options_.k_warnings, &symbols_});
  if (script) return std::move(*script);
  if (shared)
    for (const MapPlan& map : plan.maps) {
      const bool known = knows(map.name);
      if (!known) shared_maps_.forget(map.symbol);
    }
  return std::unexpected(error_text(script.error()));
}

// Earlier declarations go before the entry's own, which replace those of the same name.
void Workspace::add_declarations(ast::Ast& ast) {
  for (auto source = declarations_.rbegin(); source != declarations_.rend(); ++source) {
    Diagnostics said_before;
    ast::Ast earlier = parse(sources_, *source, said_before);
    ast::Script& script = earlier.script;
    for (ast::Clause* clause : script.clauses) std::erase(script.items, static_cast<ast::Node*>(clause));
    script.clauses.clear();
    remove_same_items(script.c_items, ast.script.c_items);
    remove_named(script.macros, script.items, ast.script.macros);
    remove_named(script.functions, script.items, ast.script.functions);
    remove_named(script.map_decls, script.items, ast.script.map_decls);
    ast.script.imports.insert(ast.script.imports.begin(), script.imports.begin(), script.imports.end());
    put_before(ast, std::move(earlier));
  }
}

void Workspace::add_settings(ast::Ast& ast) {
  const std::string text = config_text();
  if (text.empty()) return;
  Diagnostics said_before;
  ast::Ast earlier = parse(sources_, sources_.add("settings", text), said_before);
  if (!ast.script.config) {
    ast.script.config = earlier.script.config;
  } else {
    auto& settings = ast.script.config->settings;
    for (ast::Setting* old : earlier.script.config->settings)
      if (std::ranges::none_of(settings, [&](const ast::Setting* each) { return each->name == old->name; }))
        settings.push_back(old);
  }
  ast.own_nodes_of(std::move(earlier));
}

void Workspace::remember(const ast::Script& script, uint32_t source) {
  Diagnostics said_before;
  ast::Ast own = parse(sources_, source, said_before);
  if (!said_before.has_errors() && declares(own.script)) declarations_.push_back(source);
  if (!script.config) return;
  settings_.clear();
  for (const ast::Setting* each : script.config->settings)
    settings_.push_back({each->name, each->value, each->quoted});
}

bool Workspace::knows(std::string_view map) const {
  return std::ranges::any_of(maps_, [&](const ast::KnownMap& each) { return each.plan.name == map; });
}

void Workspace::forget_map(std::string_view name) {
  std::erase_if(maps_, [&](const ast::KnownMap& each) {
    if (each.plan.name != name) return false;
    shared_maps_.forget(each.plan.symbol);
    return true;
  });
}

std::string Workspace::config_text() const {
  if (settings_.empty()) return "";
  std::string text = "config = {\n";
  for (const Setting& each : settings_)
    text += each.quoted ? fmt::format("  {}=\"{}\";\n", each.name, each.value)
                        : fmt::format("  {}={};\n", each.name, each.value);
  return text + "}\n";
}

std::vector<std::string> Workspace::declarations() const {
  std::vector<std::string> texts;
  for (uint32_t source : declarations_) texts.emplace_back(sources_[source].text());
  return texts;
}

std::set<std::string> Workspace::declared_names() const {
  std::set<std::string> names;
  for (uint32_t source : declarations_) {
    Diagnostics said_before;
    const ast::Ast tree = parse(sources_, source, said_before);
    for (const ast::Macro* macro : tree.script.macros) names.insert(macro->name + "(");
    for (const ast::Function* function : tree.script.functions) names.insert(function->name + "(");
    for (const ast::MapDecl* map : tree.script.map_decls) names.insert(map->name);
    for (const ast::CItem* item : tree.script.c_items) {
      const std::string_view subject = subject_of(*item);
      names.emplace(subject.substr(subject.rfind(' ') + 1));
    }
  }
  return names;
}

}  // namespace tracer

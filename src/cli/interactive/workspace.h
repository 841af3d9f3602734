// What the entries of an interactive session have in common: declarations, settings, maps, the process that
// is looked at. Compiles entries.
#pragma once

#include <expected>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ast/check.h"
#include "cli/compile.h"
#include "cli/interactive/entry_text.h"
#include "cli/options.h"
#include "probes/kernel_info.h"
#include "runtime/live_script.h"
#include "runtime/shared_maps.h"
#include "runtime/symbols.h"

namespace tracer {

// An entry that compiled.
struct LoadedEntry {
  EntryKind kind = EntryKind::Script;
  std::unique_ptr<LiveScript> script;  // null: nothing but declarations
  std::string warnings;
  std::string value_type;  // an expression's; empty for others
};

class Workspace {
 public:
  // `output` is where scripts write. All are borrowed.
  Workspace(const Options& options, KernelInfo& kernel, const OutputOptions& output);

  // How compiling that takes long is waited for, and ended.
  void set_wait(WaitForWork wait) { wait_ = std::move(wait); }

  // Compiles and loads `text`; `name` stands for it in messages. What fails is said as it is to be shown,
  // and has changed nothing. What succeeds is remembered: declarations and settings count for later entries,
  // maps are shared with them.
  std::expected<LoadedEntry, std::string> load(const std::string& name, const std::string& text);

  // A script of the session's own making: it shares nothing with others, nothing of it is remembered, and it
  // writes to `output`, which is borrowed.
  std::expected<LoadedEntry, std::string> load_alone(const std::string& text, const OutputOptions& output);

  // A script that does nothing but know these maps, for looking at them.
  std::expected<std::unique_ptr<LiveScript>, std::string> load_view(const std::vector<std::string>& maps);

  // Maps so far, in the order in which they were made.
  const std::vector<ast::KnownMap>& maps() const { return maps_; }
  bool knows(std::string_view map) const;
  // No script may use it.
  void forget_map(std::string_view name);
  // Settings that were made, as a config block; empty when there are none.
  std::string config_text() const;
  // Texts of declarations, in order.
  std::vector<std::string> declarations() const;
  // What they declare, functions and macros with an opening bracket.
  std::set<std::string> declared_names() const;

  int32_t target_pid() const { return target_pid_; }
  void set_target_pid(int32_t pid) { target_pid_ = pid; }
  Symbols& symbols() { return symbols_; }
  KernelInfo& kernel() { return kernel_; }
  const Options& options() const { return options_; }

 private:
  struct Setting {
    std::string name, value;
    bool quoted = false;
  };

  void add_declarations(ast::Ast& ast);
  void add_settings(ast::Ast& ast);
  void remember(const ast::Script& script, uint32_t source);
  std::expected<std::unique_ptr<LiveScript>, std::string> start(Compiled compiled,
                                                                const OutputOptions& output,
                                                                SharedMaps* shared);
  ast::CheckOptions check_options() const;

  const Options& options_;
  KernelInfo& kernel_;
  const OutputOptions& output_;
  Sources sources_;
  Symbols symbols_;
  std::vector<uint32_t> declarations_;  // sources
  std::vector<Setting> settings_;
  std::vector<ast::KnownMap> maps_;
  SharedMaps shared_maps_;
  WaitForWork wait_;
  int32_t target_pid_ = 0;
};

}  // namespace tracer

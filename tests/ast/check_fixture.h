// Parses and checks a script against a kernel that has a few functions only.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "ast/check.h"
#include "btf/type_db.h"
#include "parser/parse.h"
#include "probes/kernel_info.h"

namespace tracer::ast {

class FakeKernel : public KernelInfo {
 public:
  Result<const std::vector<Function>*> traceable_functions() override { return &functions_; }
  std::optional<Function> find_function(std::string_view name) override {
    for (const Function& each : functions_) {
      if (each.name == name) return each;
    }
    return std::nullopt;
  }
  bool is_module_loaded(std::string_view) override { return false; }
  Result<std::vector<std::string>> tracepoint_categories() override {
    return std::vector<std::string>{"sched"};
  }
  Result<std::vector<std::string>> tracepoint_events(std::string_view category) override {
    if (category != "sched") return std::vector<std::string>{};
    return std::vector<std::string>{"one", "two"};
  }
  Result<std::string> tracepoint_format(std::string_view, std::string_view event) override {
    std::string text = "name: " + std::string(event) +
                       "\nID: 1\nformat:\n"
                       "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
                       "\n"
                       "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
                       "\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n";
    if (event == "two") text += "\tfield:unsigned long extra;\toffset:32;\tsize:8;\tsigned:0;\n";
    return text + "\nprint fmt: \"\"\n";
  }
  Result<uint32_t> tracepoint_id(std::string_view, std::string_view) override { return 1; }
  bool has(Feature) override { return true; }

 private:
  std::vector<Function> functions_{{"vfs_read", ""}, {"vfs_write", ""}};
};

// One checked script with everything that it refers to.
struct Checked {
  Sources sources;
  Diagnostics diags;
  Ast ast;
  CheckedScript script;

  // `ERROR: text` of each message, in order.
  std::vector<std::string> messages() const {
    std::vector<std::string> lines;
    for (const Diagnostic& each : diags.all()) {
      lines.push_back((each.kind->severity == Severity::Error ? "ERROR: " : "WARNING: ") + each.text);
    }
    return lines;
  }
  std::string first_message() const { return diags.all().empty() ? "" : messages()[0]; }
  const MapPlan* map(std::string_view name) const {
    for (const MapPlan& each : script.plan.maps) {
      if (each.name == name) return &each;
    }
    return nullptr;
  }
};

inline std::unique_ptr<Checked> check_script(const std::string& text, const CheckOptions& options = {}) {
  auto checked = std::make_unique<Checked>();
  const uint32_t source = checked->sources.add("stdin", text);
  checked->ast = parse(checked->sources, source, checked->diags);
  if (checked->diags.has_errors()) return checked;
  static TypeDb types;
  FakeKernel kernel;
  checked->script = check(checked->ast, checked->sources, options, kernel, types, checked->diags);
  return checked;
}

// Types that need the running kernel's BTF.
inline bool has_btf() {
  static TypeDb types;
  return types.available();
}

}  // namespace tracer::ast
